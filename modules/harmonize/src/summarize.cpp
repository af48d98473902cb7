#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/preprocess/resample.hpp"

#include "intensity.hpp"
#include "two_pass.hpp"
#include "zero_shot.hpp"

namespace isoscan::harmonize {

namespace {

constexpr std::size_t kComparedRows = 6000;  // of a corrected scan, held against made ones

domain::LevelSummary level_of(const core::Volume& image, const preprocess::Prepared& prepared,
                              double spacing_mm, const features::BandOptions& bands, std::size_t rows,
                              const core::Context& context) {
  domain::LevelSummary level;
  level.spacing_mm = spacing_mm;
  level.quantiles = brain_quantiles(image, prepared.brain);
  const Spread all = spread(image, prepared.brain);
  level.mean = all.mean;
  level.sd = all.sd;
  double total = 0.0;
  level.tissue_histograms.assign(level.tissue_mean.size() * domain::kHistogramBins, 0.0);
  for (std::size_t t = 0; t < level.tissue_mean.size(); ++t) {
    const core::Volume& posterior = prepared.tissue.posterior[t];
    double weight = 0.0;
    double sum = 0.0;
    for (std::size_t n = 0; n < image.voxels.size(); ++n) {
      if (prepared.brain.voxels[n] == 0) continue;
      const auto p = static_cast<double>(posterior.voxels[n]);
      level.tissue_share[t] += p;
      total += p;
      const double bin = static_cast<double>(image.voxels[n]) / domain::kHistogramHigh *
                         static_cast<double>(domain::kHistogramBins);
      if (bin >= 0.0 && bin < static_cast<double>(domain::kHistogramBins)) {
        level.tissue_histograms[t * domain::kHistogramBins + static_cast<std::size_t>(bin)] += p;
      }
      // The purer the better: half-filled voxels would draw the means together, but where the CSF is thin
      // hardly any voxel is pure, so no threshold.
      const double purity = p * p * p * p;
      weight += purity;
      sum += purity * static_cast<double>(image.voxels[n]);
    }
    level.tissue_mean[t] = weight > 0.0 ? sum / weight : 0.0;
    constexpr double kBinWidth = domain::kHistogramHigh / static_cast<double>(domain::kHistogramBins);
    for (std::size_t b = 0; b < domain::kHistogramBins; ++b) {
      double& density = level.tissue_histograms[t * domain::kHistogramBins + b];
      density = level.tissue_share[t] > 0.0 ? density / (level.tissue_share[t] * kBinWidth) : 0.0;
    }
  }
  for (double& share : level.tissue_share) share = total > 0.0 ? share / total : 0.0;

  const features::BandSpace space = features::band_space(bands, spacing_mm);
  level.band_sd_mm = space.sd_mm;
  const features::BandRows full = features::encode(image, prepared.brain, space, context);
  const features::ColumnScale scale = features::fit_scale(full.values, full.dims);
  level.feature_mean = scale.mean;
  level.feature_sd = scale.sd;
  const auto dims = static_cast<std::size_t>(full.dims);
  // Even steps through a shuffled order would need the whole order; a stride with a random start sees every
  // region.
  const std::size_t count = std::min(rows, full.rows());
  core::Random random(context.seed, "harmonize.rows");
  for (std::size_t r = 0; r < count; ++r) {
    const std::size_t begin = full.rows() * r / count;
    const std::size_t end = full.rows() * (r + 1) / count;
    const std::size_t pick = begin + random.below(end - begin);
    const auto first = full.values.begin() + static_cast<std::ptrdiff_t>(pick * dims);
    level.rows.insert(level.rows.end(), first, first + static_cast<std::ptrdiff_t>(dims));
  }
  return level;
}

domain::ScanSummary start(const preprocess::Prepared& prepared) {
  domain::ScanSummary summary;
  summary.brain_ml = prepared.brain.volume_ml();
  summary.warnings = prepared.warnings;
  return summary;
}

}  // namespace

preprocess::Prepared at_spacing(const preprocess::Prepared& prepared, double spacing_mm,
                                const core::Context& context) {
  const core::Volume image = preprocess::to_working_grid(prepared.image, spacing_mm, context);
  if (image.grid == prepared.image.grid) return prepared;
  preprocess::Prepared out;
  out.white_matter = prepared.white_matter;
  out.skull_stripped = prepared.skull_stripped;
  out.warnings = prepared.warnings;
  out.brain = preprocess::resample_nearest(prepared.brain, image.grid);
  out.head = preprocess::resample_nearest(prepared.head, image.grid);
  out.log_bias = preprocess::resample_linear(prepared.log_bias, image.grid, context);
  for (std::size_t t = 0; t < prepared.tissue.posterior.size(); ++t) {
    out.tissue.posterior[t] = preprocess::to_working_grid(prepared.tissue.posterior[t], spacing_mm, context);
    for (std::size_t n = 0; n < out.brain.voxels.size(); ++n) {
      if (out.brain.voxels[n] == 0) out.tissue.posterior[t].voxels[n] = 0.0F;
    }
  }
  for (std::size_t n = 0; n < out.brain.voxels.size(); ++n) {  // posteriors sum to one in the brain again
    float sum = 0.0F;
    for (const core::Volume& p : out.tissue.posterior) sum += p.voxels[n];
    if (sum <= 0.0F) continue;
    for (core::Volume& p : out.tissue.posterior) p.voxels[n] /= sum;
  }
  out.image = image;
  return out;
}

domain::ScanSummary summarize(const preprocess::Prepared& prepared, const std::vector<double>& spacings_mm,
                              const FitOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, problem);
  }
  domain::ScanSummary summary = start(prepared);
  preprocess::add_to_atlas(summary.atlas, prepared.image, prepared.brain, prepared.tissue, context);
  for (std::size_t n = 0; n < spacings_mm.size(); ++n) {
    context.check_stop();
    context.progress.report(static_cast<double>(n) / static_cast<double>(spacings_mm.size()));
    const preprocess::Prepared at = at_spacing(prepared, spacings_mm[n], context);
    summary.levels.push_back(
        level_of(at.image, at, spacings_mm[n], options.bands, options.rows_per_scan, context));
  }
  return summary;
}

domain::ScanSummary summarize_for_site(const preprocess::Prepared& prepared,
                                       const domain::ReferencePackage& reference, double spacing_mm,
                                       Method method, const FitOptions& options,
                                       const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, problem);
  }
  const domain::ReferenceLevel& level = reference.level(spacing_mm);
  features::BandOptions bands = options.bands;
  bands.sd_mm = reference.band_sd_mm;
  const preprocess::Prepared at = at_spacing(prepared, spacing_mm, context);
  domain::ScanSummary summary = start(at);
  summary.reference_digest = domain::digest(reference);
  summary.levels.push_back(level_of(at.image, at, spacing_mm, bands, 0, context.slice(0.0, 0.3, "site")));
  if (two_passes(method)) {
    const core::Context rest = context.slice(0.3, 1.0, "match");
    const bool with_atlas = method == Method::Restore && by_atlas(options.restore, reference);
    const core::Volume corrected =
        corrected_image(at, level.pooled, with_atlas ? reference.atlas : preprocess::Atlas{}, rest);
    const std::size_t compared =
        method == Method::Restore ? std::min(kComparedRows, options.rows_per_scan) : 0;
    summary.corrected.push_back(level_of(corrected, at, spacing_mm, bands, compared, rest));
    if (method == Method::Restore)
      summary.acquisition.push_back(acquisition_evidence(corrected, at.brain, rest));
    const core::Volume matched =
        match_histogram(corrected, at.brain, summary.corrected.back().quantiles, level.pooled);
    const std::size_t rows = method == Method::TwoPassHistogramMatch ? 0 : options.rows_per_scan;
    summary.matched.push_back(level_of(matched, at, spacing_mm, bands, rows, rest));
  }
  return summary;
}

}  // namespace isoscan::harmonize
