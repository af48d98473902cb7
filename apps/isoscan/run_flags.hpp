/// @file The options that every running command shares: flags, over a --config file, over defaults.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "isoscan/config/json.hpp"

namespace isoscan::app {

struct RunFlags {
  std::string config_file;
  std::optional<std::string> method;
  std::optional<double> bound;
  std::optional<std::string> intensity;
  std::optional<double> spacing_mm;
  std::optional<std::int64_t> seed;
  std::optional<int> cores;
  std::optional<std::int64_t> memory_mb;
  std::optional<int> steps;
  bool check = false;
  bool dry_run = false;
  std::string work;

  void add_to(CLI::App& command);
  /// Valid by Schema::Run, defaults filled in. @throws Error(Config) naming file and key.
  [[nodiscard]] config::Json settings() const;
};

}  // namespace isoscan::app
