/// @file The options that running commands share: flags, over a --config file, over defaults. A command takes
/// only those that it honours.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "isoscan/config/json.hpp"

namespace isoscan::app {

enum class Flag : std::uint8_t {
  Method,
  Bound,
  Intensity,
  Uncertainty,
  Spacing,
  Plausibility,  ///< --no-plausibility
  Steps,
  MatchResolution,
  Rung,
  Restorer,  ///< --restorer
  Seed,
  PseudonymKey,
  Read,  ///< --scaling, --first-volume, --resample
  DicomOut,
  Cores,
  Memory,
  Work,
  Check,
  DryRun,
  Sign,      ///< --sign-key
  SignedBy,  ///< --signed-by
  Sample,    ///< --without-sample
};

inline constexpr int kVirtualSites = 400;  ///< that --restorer teaches

/// The flags that a command honours: "harmonize", "reference", "adapt", "apply", "bids", "demo",
/// and those of `isoscan evaluate`: "travellers", "rescan", "sites", "controls", "longitudinal", "bias".
/// @throws Error(Internal) for another.
[[nodiscard]] const std::set<Flag>& flags_of(const std::string& command);

struct RunFlags {
  std::string config_file;
  std::vector<std::string> set;  ///< KEY=VALUE over the file
  std::optional<std::string> method;
  std::optional<double> bound;
  std::optional<std::string> intensity;
  std::optional<double> spacing_mm;
  bool no_plausibility = false;
  std::optional<std::int64_t> seed;
  std::optional<std::string> pseudonym_key;
  std::optional<std::string> scaling;
  bool first_volume = false;
  bool resample = false;
  std::string dicom_out;  ///< folder, or empty; no setting, as the other output folders
  std::optional<std::string> dicom_identity;
  std::optional<int> cores;
  std::optional<std::int64_t> memory_mb;
  std::optional<int> steps;
  bool match_resolution = false;
  std::optional<std::string> rung;
  bool restorer = false;
  bool uncertainty = false;
  bool check = false;
  bool dry_run = false;
  std::string work;
  bool without_sample = false;
  std::string signed_by;  ///< file, or empty; no setting
  std::string sign_key;   ///< file, or empty; no setting, as it changes no result

  /// --config and the flags of flags_of(command's name); any other is a usage error.
  void add_to(CLI::App& command);
  /// What file and flags say, without defaults; valid by Schema::Run. @throws Error(Config) naming file and
  /// key.
  /// @param usual_method  whose --steps they are where neither names a method (request.hpp: usual_method);
  /// empty: of each that is trained
  [[nodiscard]] config::Json given(const std::string& usual_method) const;
  /// The same with defaults filled in, the usual method among them; paths in it are absolute.
  /// @throws Error(Config) also where --steps or --match-resolution is given for a method that has no use for
  /// it.
  [[nodiscard]] config::Json settings(const std::string& usual_method) const;
};

}  // namespace isoscan::app
