/// @file Which solver `isoscan transport fit` uses and how it is set, from flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "isoscan/transport/fit_map.hpp"

namespace isoscan::app {

/// Values that were not given are the library's defaults, which --help prints.
struct MethodFlags {
  std::string method = "enot";
  std::int64_t context = 0;
  std::vector<double> cost_weights;
  std::optional<double> epsilon;
  std::string settings = "steady";
  std::optional<int> steps;
  std::optional<double> budget_minutes;
  std::optional<int> map_steps;
  std::optional<std::int64_t> batch;
  std::vector<std::int64_t> hidden;
  bool quadratic = false;
  std::optional<std::string> potential_side;
  bool correct = false;
  std::optional<double> rate;
  std::optional<double> expectile;
  std::optional<double> expectile_weight;
  std::optional<double> cost_power;
  std::optional<double> stop_tolerance;
  std::string checkpoint;
  std::optional<int> save_every;

  void add_to(CLI::App& command);
  /// @throws Error(Config) naming a flag that the chosen method does not know.
  /// `columns`: of the tables; the strong settings depend on them.
  [[nodiscard]] transport::MethodOptions options(std::int64_t columns) const;
  /// @throws Error(Config) naming the flag that does not fit tables of so many columns.
  void require_columns(std::int64_t columns) const;

 private:
  /// A flag that not every method has.
  struct Limited {
    const CLI::Option* option;
    std::vector<std::string> methods;
  };
  CLI::Option* limited(CLI::Option* option, std::vector<std::string> methods);
  void add_enot(CLI::App& command);

  std::vector<Limited> limited_;
};

}  // namespace isoscan::app
