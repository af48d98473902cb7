/// @file The exact map of a potential: T(x) = argmin_y c(x, y) - g(y), solved row by row from another map's
/// T(x). It has no error of the network that was trained to solve that problem, and all of the potential's.
/// Source of the use: Amos 2023, "On amortizing convex conjugates for optimal transport".
#pragma once

#include <string>

#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/fitted_potential.hpp"

namespace isoscan::transport {

/// Batched L-BFGS (Nocedal 1980); the solver itself is nn/conjugate.hpp.
struct ConjugateOptions {
  int iterations = 30;      ///< 1..10000, at most; evaluations of the potential
  int memory = 6;           ///< 1..1000, pairs of the L-BFGS history
  double tolerance = 1e-4;  ///< a row ends where its gradient is below this share of the cost's slope at unit
                            ///< distance (2 factor), in the solver's standardised coordinates

  [[nodiscard]] std::string problem() const;
};

/// A map to the potential's side. `start` goes there too, and says where each row's search begins; no row
/// ends at a higher c(x, y) - g(y) than it began with, and a row that begins at a minimum stays bit for bit.
/// Slower than a network: up to `iterations` evaluations of the potential, with gradients, for each row. The
/// same bits for every thread count; saved, loaded, scaled and chained as any map.
/// @throws Error(Config) naming the option, or where the potential's cost is not the squared one;
/// Error(Input) where the columns differ.
[[nodiscard]] FittedMap conjugate_map(const FittedPotential& potential, const FittedMap& start,
                                      const ConjugateOptions& options = {});

}  // namespace isoscan::transport
