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
  bool operator==(const MonotoneMap&) const = default;
};

/// Knots at equal steps of probability. @param knots at least 2; used are at most as many as there are
/// values.
/// @param source_weights one a value (any positive scale), or empty; in effect a value of weight w stands for
/// w equal ones: it sits in the middle of their places, so weights and repetition agree up to the gap between
/// neighbours.
/// @throws Error(Input) on empty or non-finite values or unusable weights, Error(Config) on fewer than 2
/// knots.
[[nodiscard]] MonotoneMap fit_monotone(std::vector<float> source, std::vector<float> target, int knots = 256,
                                       const std::vector<float>& source_weights = {},
                                       const std::vector<float>& target_weights = {});

/// One MonotoneMap a column; trailing context columns stay.
struct ColumnMaps {
  std::vector<MonotoneMap> columns;
  [[nodiscard]] Rows apply(const Rows& rows,
                           int threads = 1) const;  ///< @throws Error(Input) on too few columns
  bool operator==(const ColumnMaps&) const = default;
};
[[nodiscard]] ColumnMaps fit_columns(const Rows& source, const Rows& target, int knots = 256,
                                     std::int64_t context_dims = 0,
                                     const std::vector<float>& source_weights = {},
                                     const std::vector<float>& target_weights = {});

}  // namespace isoscan::transport
