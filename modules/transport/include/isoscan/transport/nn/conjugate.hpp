/// @file The inner problem of the dual, solved row by row: argmin_y c(x, y) - g(y) for the squared cost.
/// Batched L-BFGS (Nocedal 1980) with backtracking: every row has its own history and step, all rows share
/// the evaluations of the network. Source of the use: Amos 2023, "On amortizing convex conjugates for optimal
/// transport".
#pragma once

#include "isoscan/transport/conjugate_map.hpp"
#include "isoscan/transport/nn/enot_step.hpp"

namespace isoscan::transport::nn {

using transport::ConjugateOptions;

/// x (b, n) in the solver's coordinates, start (b, p) -> y (b, p). No row ends above the value it started at.
[[nodiscard]] at::Tensor conjugate(const Potential& potential, const at::Tensor& x, const at::Tensor& start,
                                   const ConjugateOptions& options = {});

}  // namespace isoscan::transport::nn
