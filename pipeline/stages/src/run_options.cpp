#include "isoscan/stages/run_options.hpp"

#include <algorithm>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::stages {

std::string RunOptions::problem() const {
  // "not (within)" and not "outside", so that NaN is refused.
  if (!(reference_spacing_mm >= 0.0 && reference_spacing_mm <= 4.0)) {
    return "reference_spacing_mm must lie in 0..4";
  }
  if (seed > 9'007'199'254'740'991)
    return "seed must lie in 0..9007199254740991";  // exact in every JSON reader
  if (cores < 0 || cores > 4096) return "cores must lie in 0..4096";
  if (memory_mb < 0 || memory_mb > 1'000'000'000) return "memory_mb must lie in 0..1000000000";
  if (std::string bad = fit.problem(); !bad.empty()) return bad;
  if (shared_sites < 0 || shared_sites > 5000) return "shared_restorer.sites must lie in 0..5000";
  if (shared_steps < 1 || shared_steps > 10'000'000) return "shared_restorer.steps must lie in 1..10000000";
  if (const auto options = shared(); options && !options->problem().empty()) return options->problem();
  return write_back.problem();
}

std::optional<harmonize::SharedOptions> RunOptions::shared() const {
  if (shared_sites < 1) return std::nullopt;
  harmonize::SharedOptions options;
  options.sites = shared_sites;
  options.held_out = std::max(1, shared_sites / 10);
  options.network.steps = shared_steps;
  return options;
}

RunOptions run_options(const config::Json& settings) {
  config::validate(settings, config::Schema::Run, "options");
  RunOptions options = unchecked_run_options(settings);
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "options: " + problem);
  }
  return options;
}

RunOptions unchecked_run_options(const config::Json& settings) {
  const config::Json all = config::with_defaults(settings, config::Schema::Run);
  RunOptions options;
  options.method = domain::method_named(all.at("method").as_string());
  options.reference_spacing_mm = all.at("reference_spacing_mm").as_number();
  options.write_back.bound = all.at("bound").as_number();
  options.write_back.scale = all.at("intensity_scale").as_string() == "reference"
                                 ? harmonize::IntensityScale::Reference
                                 : harmonize::IntensityScale::Source;
  options.uncertainty = all.at("uncertainty").as_bool();
  options.plausibility = all.at("plausibility").as_bool();
  options.seed = static_cast<std::uint64_t>(all.at("seed").as_integer());
  options.cores = static_cast<int>(all.at("cores").as_integer());
  options.memory_mb = all.at("memory_mb").as_integer();
  options.check_outputs = all.at("check_outputs").as_bool();
  const config::Json& transport = all.at("transport");
  auto& enot = options.fit.enot;
  options.fit.bands.alpha = transport.at("cost_alpha").as_number();
  const config::Json& restore = all.at("restore");
  options.fit.restore.network.steps = static_cast<int>(restore.at("steps").as_integer());
  options.fit.restore.scans = static_cast<int>(restore.at("scans").as_integer());
  options.fit.restore.people = static_cast<int>(restore.at("people").as_integer());
  options.fit.restore.rung = domain::rung_named(restore.at("rung").as_string());
  options.fit.restore.prior = restore.at("prior").as_number();
  options.fit.restore.weights.steps = std::max(1, options.fit.restore.network.steps / 5);
  options.fit.restore.shared_share = restore.at("shared_share").as_number();
  options.fit.restore.atlas = restore.at("atlas").as_bool();
  options.fit.restore.match_resolution = restore.at("match_resolution").as_bool();
  if (!all.at("feature_sample").as_bool()) options.fit.reference_rows = 0;
  options.shared_sites = static_cast<int>(all.at("shared_restorer").at("sites").as_integer());
  options.shared_steps = static_cast<int>(all.at("shared_restorer").at("steps").as_integer());
  enot.steps = static_cast<int>(transport.at("steps").as_integer());
  enot.map_steps = static_cast<int>(transport.at("map_steps").as_integer());
  enot.batch = static_cast<int>(transport.at("batch").as_integer());
  enot.expectile = transport.at("expectile").as_number();
  enot.expectile_weight = transport.at("expectile_weight").as_number();
  options.fit.rows_per_scan = static_cast<std::size_t>(transport.at("rows_per_scan").as_integer());
  return options;
}

}  // namespace isoscan::stages
