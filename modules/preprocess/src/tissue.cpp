#include "isoscan/preprocess/tissue.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/smooth.hpp"

#include "mixture.hpp"

namespace isoscan::preprocess {

namespace {

constexpr std::size_t kBins = 512;
constexpr float kPure = 0.9F;

IntensityCounts count_in(const core::Volume& volume, const core::Mask& brain, double highest) {
  IntensityCounts counts;
  counts.count.assign(kBins, 0.0);
  for (std::size_t b = 0; b < kBins; ++b) {
    counts.intensity.push_back(highest * (static_cast<double>(b) + 0.5) / static_cast<double>(kBins));
  }
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    const double at = static_cast<double>(volume.voxels[n]) / highest * static_cast<double>(kBins);
    // The empty background that a generous mask holds, and what is brighter than any tissue, tell nothing of
    // tissue.
    if (at > 0.0 && at < static_cast<double>(kBins)) counts.count[static_cast<std::size_t>(at)] += 1.0;
  }
  return counts;
}

/// Shares by bin. Beyond the outer means there is but one tissue, whatever the tails of the Gaussians say.
std::vector<PerTissue> share_table(const Mixture& mixture, const IntensityCounts& counts) {
  std::vector<PerTissue> table;
  for (const double x : counts.intensity) {
    const double inside = std::clamp(x, mixture.mean[0], mixture.mean[2]);
    PerTissue share = mixture.posterior(inside).share;
    const double sum = share[0] + share[1] + share[2];
    for (double& s : share) s /= sum;
    table.push_back(share);
  }
  return table;
}

}  // namespace

TissueFit classify_tissue(const core::Volume& volume, const core::Mask& brain, const core::Context& context) {
  std::vector<float> values = core::values_in(volume, brain);
  std::erase_if(values, [](float v) { return !(v > 0.0F); });
  if (values.empty()) throw core::Error(core::ErrorKind::Numeric, "the brain holds no positive intensity");
  const double highest = 1.6 * core::quantile(values, 0.95);
  const IntensityCounts counts = count_in(volume, brain, highest);
  const Mixture mixture = fit_mixture(counts);
  const std::vector<PerTissue> table = share_table(mixture, counts);

  TissueFit fit;
  fit.mean = mixture.mean;
  fit.sd = mixture.sd;
  fit.weight = mixture.volume_share();
  for (auto& posterior : fit.maps.posterior) posterior = core::Volume(volume.grid);
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    const double at =
        std::clamp(static_cast<double>(volume.voxels[n]) / highest * kBins - 0.5, 0.0, kBins - 1.001);
    const auto low = static_cast<std::size_t>(at);
    const double part = at - static_cast<double>(low);
    for (std::size_t k = 0; k < 3; ++k) {
      fit.maps.posterior[k].voxels[n] =
          static_cast<float>((1.0 - part) * table[low][k] + part * table[low + 1][k]);
    }
  }
  const core::Vec3 spacing = volume.grid.spacing_mm();
  const core::Vec3 half{0.5 * spacing[0], 0.5 * spacing[1], 0.5 * spacing[2]};
  for (auto& posterior : fit.maps.posterior) posterior = core::gaussian(posterior, half, context);
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    float sum = 0.0F;
    for (const auto& posterior : fit.maps.posterior) sum += posterior.voxels[n];
    const float scale = brain.voxels[n] != 0 ? 1.0F / sum : 0.0F;
    for (auto& posterior : fit.maps.posterior) posterior.voxels[n] *= scale;
  }
  return fit;
}

double white_matter_level(const core::Volume& volume, const core::TissueMaps& tissue) {
  const core::Volume& white = tissue[core::Tissue::WhiteMatter];
  core::require_same_grid(volume.grid, white.grid, "tissue maps");
  std::vector<float> pure;
  std::vector<float> deep;
  const auto& size = volume.grid.size;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (!(white.at(i, j, k) > kPure)) continue;
        pure.push_back(volume.at(i, j, k));
        const bool inside = i > 0 && j > 0 && k > 0 && i + 1 < size[0] && j + 1 < size[1] && k + 1 < size[2];
        if (inside && white.at(i - 1, j, k) > kPure && white.at(i + 1, j, k) > kPure &&
            white.at(i, j - 1, k) > kPure && white.at(i, j + 1, k) > kPure && white.at(i, j, k - 1) > kPure &&
            white.at(i, j, k + 1) > kPure) {
          deep.push_back(volume.at(i, j, k));
        }
      }
    }
  }
  if (pure.empty()) throw core::Error(core::ErrorKind::Numeric, "there is no pure white matter");
  constexpr std::size_t kEnough = 500;
  return core::quantile(deep.size() >= kEnough ? deep : pure, 0.5);
}

}  // namespace isoscan::preprocess
