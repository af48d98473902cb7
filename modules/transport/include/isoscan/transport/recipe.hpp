/// @file Settings of the ENOT solver that go together.
#pragma once

#include <cstdint>

#include "isoscan/transport/solver.hpp"

namespace isoscan::transport {

/// The settings that did best on the Wasserstein-2 benchmark (docs/transport.md says what each is worth): for
/// the squared cost, many rows or a generator of them, and a start at the Gaussian map, which the caller adds
/// (fit_map does by itself). Networks of 64 (up to 4 moved columns), 128 (up to 16) or 256 units with
/// quadratic features and skips; three map steps; Adam in the eigenbasis of its gradients; the inner problem
/// corrected by its chord, and by rows of the batch where there is no context.
/// @param dim all columns; @param context_dims those of them that never move.
[[nodiscard]] SolverOptions strong_options(std::int64_t dim, std::int64_t context_dims = 0);

}  // namespace isoscan::transport
