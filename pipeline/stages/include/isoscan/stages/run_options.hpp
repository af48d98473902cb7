/// @file What a user may choose about a run, as one value: from data_schemas/run.schema.json, a --config file
/// and flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "isoscan/config/json.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/shared_restorer.hpp"
#include "isoscan/harmonize/write_back.hpp"

namespace isoscan::stages {

struct RunOptions {
  domain::Method method = domain::Method::Restore;
  double reference_spacing_mm = 0.0;  ///< working spacing of a reference; 0: its scans' coarsest voxel edge
  harmonize::FitOptions fit;
  int shared_sites =
      0;  ///< virtual ones that a reference's package is taught; 0: it holds no shared restorer
  int shared_steps = domain::SharedRestorerOptions{}.steps;
  /// Nothing where shared_sites is 0.
  [[nodiscard]] std::optional<harmonize::SharedOptions> shared() const;
  harmonize::WriteBackOptions write_back;
  /// A map of how far each voxel may be off is written beside each harmonized scan. It is computed either
  /// way.
  bool uncertainty = false;
  bool plausibility = true;  ///< scans that are no head like the reference's are refused
  std::uint64_t seed = 0;
  int cores = 0;               ///< 0: all of this machine
  std::int64_t memory_mb = 0;  ///< 0: what is free
  bool check_outputs = false;  ///< hash stored results again before they are reused

  /// The first thing wrong in words; empty when usable. Its limits are those of data_schemas/run.schema.json,
  /// and a test holds one against the other.
  [[nodiscard]] std::string problem() const;
};

/// @param settings  what is missing takes its default
/// @throws Error(Config) where the settings are not valid by Schema::Run, or the options have a problem.
[[nodiscard]] RunOptions run_options(const config::Json& settings);
/// The same without any check of values: for whoever checks them.
[[nodiscard]] RunOptions unchecked_run_options(const config::Json& settings);

}  // namespace isoscan::stages
