/// @file The inner problem of the dual, solved row by row: argmin_y c(x, y) - g(y) for the squared cost.
/// Batched L-BFGS (Nocedal 1980) with backtracking: every row has its own history and step, all rows share
/// the evaluations of the network. Source of the use: Amos 2023, "On amortizing convex conjugates for optimal
/// transport".
#pragma once

#include <string>

#include "isoscan/transport/nn/enot_step.hpp"

namespace isoscan::transport::nn {

struct ConjugateOptions {
  int iterations = 30;      ///< at most, evaluations of the potential
  int memory = 6;           ///< pairs of the L-BFGS history
  double tolerance = 1e-4;  ///< a row ends where its gradient is below this share of the cost's slope at unit
                            ///< distance (2 factor)

  [[nodiscard]] std::string problem() const;
};

/// x (b, n) in the solver's coordinates, start (b, p) -> y (b, p). No row ends above the value it started at.
[[nodiscard]] at::Tensor conjugate(const Potential& potential, const at::Tensor& x, const at::Tensor& start,
                                   const ConjugateOptions& options = {});

}  // namespace isoscan::transport::nn
