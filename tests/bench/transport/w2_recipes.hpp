/// @file The solver settings that the benchmark compares, by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/transport/solver.hpp"

namespace isoscan::bench {

/// Names that `recipe` knows, in the order of the table.
[[nodiscard]] std::vector<std::string> recipe_names();

/// Settings of a named recipe for `dim` columns, without steps and start.
/// @throws core::Error(Config) naming the recipes that there are.
[[nodiscard]] transport::SolverOptions recipe(const std::string& name, std::int64_t dim);

/// Sets one option by its name ("batch", "map_rate", "width"...): for trials. @throws core::Error(Config).
void set_option(transport::SolverOptions& options, const std::string& name, double value);

}  // namespace isoscan::bench
