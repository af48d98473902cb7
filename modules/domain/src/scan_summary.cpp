#include "isoscan/domain/scan_summary.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/domain/atlas_file.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

constexpr const char* kKind = "isoscan scan summary";

void add_mean(std::vector<double>& sum, const std::vector<double>& values, double share) {
  sum.resize(values.size(), 0.0);
  for (std::size_t n = 0; n < values.size(); ++n) sum[n] += share * values[n];
}

/// `count` rows of a level, evenly without replacement.
void draw_rows(const LevelSummary& level, std::size_t count, core::Random& random, std::vector<float>& rows) {
  const std::size_t dims = level.dims();
  std::vector<std::size_t> order(level.row_count());
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
  count = std::min(count, order.size());
  for (std::size_t n = 0; n < count; ++n) {
    std::swap(order[n], order[n + random.below(order.size() - n)]);
    const auto first = level.rows.begin() + static_cast<std::ptrdiff_t>(order[n] * dims);
    rows.insert(rows.end(), first, first + static_cast<std::ptrdiff_t>(dims));
  }
}

}  // namespace

core::TensorFile to_tensors(const ScanSummary& summary) {
  core::TensorFile file;
  stamp(file, kKind);
  file.metadata["id"] = summary.id;
  file.metadata["reference_digest"] = summary.reference_digest;
  file.metadata["levels"] = std::to_string(summary.levels.size());
  file.metadata["corrected"] = std::to_string(summary.corrected.size());
  file.metadata["matched"] = std::to_string(summary.matched.size());
  put(file, "brain_ml", summary.brain_ml);
  for (std::size_t n = 0; n < summary.levels.size(); ++n)
    put(file, "level" + std::to_string(n), summary.levels[n]);
  for (std::size_t n = 0; n < summary.matched.size(); ++n)
    put(file, "matched" + std::to_string(n), summary.matched[n]);
  for (std::size_t n = 0; n < summary.corrected.size(); ++n) {
    put(file, "corrected" + std::to_string(n), summary.corrected[n]);
  }
  file.metadata["acquisition"] = std::to_string(summary.acquisition.size());
  for (std::size_t n = 0; n < summary.acquisition.size(); ++n)
    put(file, "acquisition" + std::to_string(n), summary.acquisition[n]);
  file.metadata["portraits"] = std::to_string(summary.portraits.size());
  for (std::size_t n = 0; n < summary.portraits.size(); ++n)
    put(file, "portrait" + std::to_string(n), summary.portraits[n]);
  put(file, "atlas", summary.atlas);
  put_lines(file, "warning", summary.warnings);
  return file;
}

ScanSummary scan_summary(const core::TensorFile& file) {
  check_stamp(file, kKind);
  ScanSummary summary;
  summary.id = text(file, "id");
  summary.reference_digest = text(file, "reference_digest");
  summary.brain_ml = get_number(file, "brain_ml", 0.0, 1e300);
  const std::uint64_t levels = whole_number(file, "levels");
  for (std::uint64_t n = 0; n < levels; ++n)
    summary.levels.push_back(get_level(file, "level" + std::to_string(n)));
  const std::uint64_t corrected = whole_number(file, "corrected");
  for (std::uint64_t n = 0; n < corrected; ++n) {
    summary.corrected.push_back(get_level(file, "corrected" + std::to_string(n)));
  }
  const std::uint64_t matched = whole_number(file, "matched");
  for (std::uint64_t n = 0; n < matched; ++n)
    summary.matched.push_back(get_level(file, "matched" + std::to_string(n)));
  const std::uint64_t evidence = whole_number(file, "acquisition");
  for (std::uint64_t n = 0; n < evidence; ++n)
    summary.acquisition.push_back(get_acquisition_evidence(file, "acquisition" + std::to_string(n)));
  const std::uint64_t portraits = whole_number(file, "portraits");
  for (std::uint64_t n = 0; n < portraits; ++n)
    summary.portraits.push_back(get_portrait(file, "portrait" + std::to_string(n)));
  summary.atlas = get_atlas_sums(file, "atlas");
  summary.warnings = get_lines(file, "warning");
  return summary;
}

std::map<std::string, double> measures(const LevelSummary& level) {
  std::map<std::string, double> out;
  const double white = level.tissue_mean[2];
  if (white > 0.0) {
    out["gm_wm"] = level.tissue_mean[1] / white;
    out["csf_wm"] = level.tissue_mean[0] / white;
  }
  out["csf_share"] = level.tissue_share[0];
  out["gm_share"] = level.tissue_share[1];
  out["intensity_sd"] = level.sd;
  for (std::size_t b = 0; b <= level.band_sd_mm.size() && b < level.feature_sd.size(); ++b) {
    out["band" + std::to_string(b) + "_sd"] = level.feature_sd[b];
  }
  return out;
}

LevelSummary pool(const std::vector<const LevelSummary*>& levels, std::size_t max_rows, std::uint64_t seed) {
  if (levels.empty()) throw core::Error(core::ErrorKind::Input, "no scan to learn from");
  const LevelSummary& first = *levels.front();
  LevelSummary out;
  out.spacing_mm = first.spacing_mm;
  out.band_sd_mm = first.band_sd_mm;
  const double share = 1.0 / static_cast<double>(levels.size());
  double second_moment = 0.0;
  std::vector<double> feature_moment;
  core::Random random(seed, "domain.pool");
  for (std::size_t n = 0; n < levels.size(); ++n) {
    const LevelSummary& level = *levels[n];
    if (std::abs(level.spacing_mm - first.spacing_mm) > 0.01 * first.spacing_mm ||
        level.band_sd_mm != first.band_sd_mm || level.dims() != first.dims() ||
        level.quantiles.size() != first.quantiles.size()) {
      throw core::Error(core::ErrorKind::Input,
                        "the scans' summaries were made at different spacings or with different options: "
                        "make them again with one configuration");
    }
    add_mean(out.quantiles, level.quantiles, share);
    out.mean += share * level.mean;
    second_moment += share * (level.sd * level.sd + level.mean * level.mean);
    for (std::size_t t = 0; t < out.tissue_mean.size(); ++t) {
      out.tissue_mean[t] += share * level.tissue_mean[t];
      out.tissue_share[t] += share * level.tissue_share[t];
    }
    if (level.tissue_histograms.size() != first.tissue_histograms.size()) {
      throw core::Error(core::ErrorKind::Input, "the scans' summaries hold different histograms");
    }
    add_mean(out.tissue_histograms, level.tissue_histograms, share);
    add_mean(out.feature_mean, level.feature_mean, share);
    std::vector<double> moment(level.dims());
    for (std::size_t d = 0; d < moment.size(); ++d) {
      moment[d] = level.feature_sd[d] * level.feature_sd[d] + level.feature_mean[d] * level.feature_mean[d];
    }
    add_mean(feature_moment, moment, share);
    // Equal shares that add up to max_rows.
    draw_rows(level, max_rows * (n + 1) / levels.size() - max_rows * n / levels.size(), random, out.rows);
  }
  if (levels.size() == 1) {  // exactly the scan's own, without the detour over squares
    out.sd = first.sd;
    out.feature_sd = first.feature_sd;
    return out;
  }
  out.sd = std::sqrt(std::max(0.0, second_moment - out.mean * out.mean));
  for (std::size_t d = 0; d < out.dims(); ++d) {
    out.feature_sd.push_back(
        std::sqrt(std::max(1e-12, feature_moment[d] - out.feature_mean[d] * out.feature_mean[d])));
  }
  return out;
}

}  // namespace isoscan::domain
