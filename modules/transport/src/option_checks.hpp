/// @file What the options of several solvers have in common, judged in one place.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace isoscan::transport {

/// The first thing wrong with the columns that are moved and their weights in the cost, in words; empty when
/// they are usable for rows of `dim` columns.
[[nodiscard]] inline std::string columns_problem(std::int64_t dim, std::int64_t context_dims,
                                                 const std::vector<double>& cost_weights) {
  if (context_dims < 0 || context_dims >= dim)
    return "context_dims must leave at least one column to move, of " + std::to_string(dim);
  if (!cost_weights.empty() && static_cast<std::int64_t>(cost_weights.size()) != dim - context_dims)
    return "cost_weights has " + std::to_string(cost_weights.size()) + " entries for " +
           std::to_string(dim - context_dims) + " moved columns";
  for (const double w : cost_weights) {
    if (!(w > 0.0) || !std::isfinite(w)) return "cost_weights must be positive";
  }
  return {};
}

}  // namespace isoscan::transport
