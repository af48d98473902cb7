#include <algorithm>
#include <cmath>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/measure_ranges.hpp"
#include "isoscan/harmonize/plausibility.hpp"

#include "intensity.hpp"

namespace isoscan::harmonize {

namespace {

constexpr int kLeastAtlasPeople = 4;  // fewer would be a picture of them
constexpr int kSplits = 50;           // random halves behind the null distributions

std::map<std::string, std::vector<double>> null_of(std::vector<const domain::LevelSummary*> scans,
                                                   std::uint64_t seed) {
  std::map<std::string, std::vector<double>> null;
  if (scans.size() < 2) return null;
  core::Random random(seed, "harmonize.null");
  for (int split = 0; split < kSplits; ++split) {
    for (std::size_t n = scans.size(); n > 1; --n) std::swap(scans[n - 1], scans[random.below(n)]);
    const auto middle = scans.begin() + static_cast<std::ptrdiff_t>(scans.size() / 2);
    const domain::LevelSummary a = domain::pool({scans.begin(), middle}, 0, 0);
    const domain::LevelSummary b = domain::pool({middle, scans.end()}, 0, 0);
    for (const auto& [name, value] : domain::distances(a, b)) null[name].push_back(value);
  }
  for (auto& [name, values] : null) std::sort(values.begin(), values.end());
  return null;
}

/// Pointwise over the scans.
std::vector<double> histogram_quantile(const std::vector<const domain::LevelSummary*>& scans, double q) {
  std::vector<double> out;
  for (std::size_t n = 0; n < scans.front()->tissue_histograms.size(); ++n) {
    std::vector<float> values;
    for (const auto* scan : scans) values.push_back(static_cast<float>(scan->tissue_histograms.at(n)));
    out.push_back(core::quantile(values, q));
  }
  return out;
}

}  // namespace

domain::ReferencePackage fit_reference(const std::vector<domain::ScanSummary>& scans,
                                       const FitOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, problem);
  }
  if (scans.empty()) throw core::Error(core::ErrorKind::Input, "no scan to learn the reference from");
  domain::ReferencePackage package;
  package.software = core::software();
  package.seed = context.seed;
  package.scans = static_cast<int>(scans.size());
  package.alpha = options.bands.alpha;
  package.band_sd_mm = options.bands.sd_mm;
  core::Sha256 digest;
  for (const domain::ScanSummary& scan : scans) {
    digest.update(core::to_safetensors(domain::to_tensors(scan)));
    if (scan.levels.size() != scans.front().levels.size() || scan.levels.empty()) {
      throw core::Error(core::ErrorKind::Input,
                        "the reference's summaries hold different spacings: make them again with one ladder");
    }
  }
  package.source_digest = digest.hex();
  for (std::size_t n = 0; n < scans.front().levels.size(); ++n) {
    context.check_stop();
    std::vector<const domain::LevelSummary*> level_scans;
    std::vector<std::vector<double>> landmarks;
    for (const domain::ScanSummary& scan : scans) {
      level_scans.push_back(&scan.levels[n]);
      landmarks.push_back(nyul_landmarks(scan.levels[n].quantiles));
    }
    domain::ReferenceLevel level;
    level.pooled = domain::pool(level_scans, options.reference_rows, context.seed);
    level.nyul_landmarks = nyul_standard(landmarks);
    std::vector<std::map<std::string, double>> measured;
    for (const domain::LevelSummary* scan : level_scans) measured.push_back(domain::measures(*scan));
    level.ranges = ranges_of(measured);
    level.null_distances = null_of(level_scans, context.seed);
    level.histogram_low = histogram_quantile(level_scans, 0.05);
    level.histogram_high = histogram_quantile(level_scans, 0.95);
    package.levels.push_back(std::move(level));
  }
  package.spacing_mm = package.levels.front().pooled.spacing_mm;
  std::vector<std::vector<domain::Portrait>> portraits;
  for (const domain::ScanSummary& scan : scans) {
    if (!scan.portraits.empty()) portraits.push_back(scan.portraits);
  }
  package.plausibility = fit_plausibility(portraits, {}, context);
  preprocess::AtlasSums sums;
  for (const domain::ScanSummary& scan : scans) preprocess::merge_atlas(sums, scan.atlas);
  if (sums.people >= kLeastAtlasPeople) package.atlas = preprocess::finish_atlas(sums, context);
  if (scans.size() < 4) {
    package.warnings.push_back("learnt from " + std::to_string(scans.size()) +
                               " scans: a reference should hold at least 4, better 20");
  }
  return package;
}

}  // namespace isoscan::harmonize
