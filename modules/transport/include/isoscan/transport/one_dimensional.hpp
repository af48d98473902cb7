/// @file Monotone rearrangement: the optimal map on the line for every convex cost. Exact for tests, a
/// baseline column by column.
#pragma once

#include <cstdint>
#include <vector>

#include "isoscan/transport/matrix.hpp"

namespace isoscan::transport {

/// Piecewise linear from source quantiles to target quantiles; beyond the ends it goes on by a shift.
struct MonotoneMap {
  std::vector<double> source;  ///< strictly increasing knots
  std::vector<double> target;  ///< not decreasing

  [[nodiscard]] double operator()(double x) const;
};

/// Knots at equal steps of probability. @param knots at least 2; used are at most as many as there are
/// values.
/// @throws Error(Input) on empty or non-finite values, Error(Config) on fewer than 2 knots.
[[nodiscard]] MonotoneMap fit_monotone(std::vector<float> source, std::vector<float> target, int knots = 256);

/// One MonotoneMap a column; trailing context columns stay.
struct ColumnMaps {
  std::vector<MonotoneMap> columns;
  [[nodiscard]] Rows apply(const Rows& rows,
                           int threads = 1) const;  ///< @throws Error(Input) on too few columns
};
[[nodiscard]] ColumnMaps fit_columns(const Rows& source, const Rows& target, int knots = 256,
                                     std::int64_t context_dims = 0);

}  // namespace isoscan::transport
