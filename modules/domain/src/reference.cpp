#include "isoscan/domain/reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/domain/atlas_file.hpp"
#include "isoscan/domain/contents.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;

constexpr const char* kKind = "isoscan reference package";
constexpr double kSameSpacing = 0.01;  // share by which two spacings may differ and count as one

std::string millimetres(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.3g", value);
  return digits;
}

}  // namespace

const ReferenceLevel& ReferencePackage::level(double wanted_mm) const {
  std::string known;
  for (const ReferenceLevel& level : levels) {
    if (std::abs(level.pooled.spacing_mm - wanted_mm) <= kSameSpacing * wanted_mm) return level;
    known += (known.empty() ? "" : ", ") + millimetres(level.pooled.spacing_mm);
  }
  throw Error(ErrorKind::Input, "the reference package has no level for " + millimetres(wanted_mm) +
                                    " mm, only for " + known + " mm: prepare the scan at one of these");
}

std::map<std::string, double> distances(const LevelSummary& a, const LevelSummary& b) {
  std::map<std::string, double> out;
  if (a.quantiles.size() != b.quantiles.size() || a.feature_sd.size() != b.feature_sd.size()) {
    throw Error(ErrorKind::Input, "summaries with different options cannot be compared");
  }
  double squares = 0.0;
  for (std::size_t n = 0; n < a.quantiles.size(); ++n)
    squares += std::pow(a.quantiles[n] - b.quantiles[n], 2.0);
  out["intensity"] = std::sqrt(squares / static_cast<double>(std::max<std::size_t>(1, a.quantiles.size())));
  double contrast = 0.0;
  for (std::size_t t = 0; t < a.tissue_mean.size(); ++t) {
    contrast = std::max(contrast, std::abs(a.tissue_mean[t] - b.tissue_mean[t]));
  }
  out["contrast"] = contrast;
  const std::size_t bands = std::min(a.band_sd_mm.size() + 1, a.feature_sd.size());
  double logs = 0.0;
  for (std::size_t n = 0; n < bands; ++n) {
    logs += std::pow(std::log(std::max(1e-9, a.feature_sd[n]) / std::max(1e-9, b.feature_sd[n])), 2.0);
  }
  out["bands"] = std::sqrt(logs / static_cast<double>(std::max<std::size_t>(1, bands)));
  return out;
}

double working_spacing_mm(const ReferencePackage& reference, double site_edge_mm) {
  if (reference.levels.empty()) throw Error(ErrorKind::Input, "the reference package holds no level");
  for (const ReferenceLevel& level : reference.levels) {
    if (level.pooled.spacing_mm >= 0.98 * site_edge_mm) return level.pooled.spacing_mm;
  }
  return reference.levels.back().pooled.spacing_mm;
}

std::vector<double> spacing_ladder(double own_mm) {
  std::vector<double> ladder{own_mm};
  for (const double step : {1.0, 1.25, 1.5, 2.0, 2.5, 3.0}) {
    if (step > 1.02 * own_mm) ladder.push_back(step);
  }
  return ladder;
}

double coarsest_edge_mm(const core::Grid& grid) {
  const core::Vec3 spacing = grid.spacing_mm();
  return *std::max_element(spacing.begin(), spacing.end());
}

core::TensorFile to_tensors(const ReferencePackage& package) {
  core::TensorFile file;
  stamp(file, kKind);
  file.metadata["software"] = package.software;
  file.metadata["seed"] = std::to_string(package.seed);
  file.metadata["scans"] = std::to_string(package.scans);
  file.metadata["source_digest"] = package.source_digest;
  file.metadata["levels"] = std::to_string(package.levels.size());
  put(file, "spacing_mm", package.spacing_mm);
  put(file, "alpha", package.alpha);
  put(file, "band_sd_mm", package.band_sd_mm);
  put(file, "plausibility", package.plausibility);
  put(file, "atlas", package.atlas);
  put(file, "shared", package.shared);
  put_lines(file, "warning", package.warnings);
  for (std::size_t n = 0; n < package.levels.size(); ++n) {
    const ReferenceLevel& level = package.levels[n];
    const std::string prefix = "level" + std::to_string(n);
    put(file, prefix + "/pooled", level.pooled);
    put(file, prefix + "/nyul_landmarks", level.nyul_landmarks);
    put_ranges(file, prefix + "/range", level.ranges);
    put(file, prefix + "/histogram_low", level.histogram_low);
    put(file, prefix + "/histogram_high", level.histogram_high);
    put_map(file, prefix + "/null", level.null_distances);
  }
  return file;
}

ReferencePackage reference_package(const core::TensorFile& file) {
  check_stamp(file, kKind);
  ReferencePackage package;
  package.software = text(file, "software");
  package.seed = whole_number(file, "seed");
  package.scans = count_of_scans(file);
  package.source_digest = text(file, "source_digest");
  package.spacing_mm = get_spacing(file, "spacing_mm");
  package.alpha = get_number(file, "alpha", 0.0, 1.0);
  package.band_sd_mm = get_band_sds(file, "band_sd_mm");
  if (package.band_sd_mm.empty()) throw Error(ErrorKind::Input, "tensor \"band_sd_mm\" is empty");
  package.plausibility = get_plausibility(file, "plausibility");
  package.atlas = get_atlas(file, "atlas");
  package.shared = get_shared_restorer(file, "shared");
  package.warnings = get_lines(file, "warning");
  const std::uint64_t levels = whole_number(file, "levels");
  for (std::uint64_t n = 0; n < levels; ++n) {
    const std::string prefix = "level" + std::to_string(n);
    ReferenceLevel level;
    level.pooled = get_level(file, prefix + "/pooled");
    if (!package.levels.empty() && level.pooled.spacing_mm <= package.levels.back().pooled.spacing_mm) {
      throw Error(ErrorKind::Input, "tensor \"" + prefix + "/pooled/spacing_mm\" does not rise");
    }
    level.nyul_landmarks = get(file, prefix + "/nyul_landmarks", kLandmarkCount);
    level.ranges = get_ranges(file, prefix + "/range");
    level.histogram_low = get(file, prefix + "/histogram_low", core::kTissueCount * kHistogramBins);
    level.histogram_high = get(file, prefix + "/histogram_high", core::kTissueCount * kHistogramBins);
    level.null_distances = get_map(file, prefix + "/null");
    package.levels.push_back(std::move(level));
  }
  if (package.levels.empty()) throw Error(ErrorKind::Input, "the reference package holds no level");
  return package;
}

std::string digest(const ReferencePackage& package) {
  return core::sha256(core::to_safetensors(to_tensors(package)));
}

void save(const ReferencePackage& package, const boost::filesystem::path& file) {
  core::TensorFile content = to_tensors(package);
  core::seal(content);
  check_contents(content, FileKind::ReferencePackage);
  core::write_tensor_file(file, content);
}

ReferencePackage load_reference(const boost::filesystem::path& file) {
  const core::TensorFile content = core::read_tensor_file(file);
  try {
    check_stamp(content, kKind);  // what it is comes before whether it is sound
    core::check_seal(content);
    check_contents(content, FileKind::ReferencePackage);
    return reference_package(content);
  } catch (const Error& error) {
    throw error.within(file.filename().string());
  }
}

}  // namespace isoscan::domain
