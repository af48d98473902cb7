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

struct WhiteVoxels {
  std::vector<float> pure;
  std::vector<float> deep;  ///< those with pure neighbours on all sides
};

WhiteVoxels white_voxels(const core::Volume& volume, const core::Volume& white, float purity) {
  WhiteVoxels found;
  const auto& size = volume.grid.size;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (!(white.at(i, j, k) > purity)) continue;
        found.pure.push_back(volume.at(i, j, k));
        const bool inside = i > 0 && j > 0 && k > 0 && i + 1 < size[0] && j + 1 < size[1] && k + 1 < size[2];
        if (inside && white.at(i - 1, j, k) > purity && white.at(i + 1, j, k) > purity &&
            white.at(i, j - 1, k) > purity && white.at(i, j + 1, k) > purity &&
            white.at(i, j, k - 1) > purity && white.at(i, j, k + 1) > purity) {
          found.deep.push_back(volume.at(i, j, k));
        }
      }
    }
  }
  return found;
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
  core::require_same_grid(volume.grid, tissue[core::Tissue::WhiteMatter].grid, "tissue maps");
  // Thick slices, a tumour or little contrast leave no voxel that is surely white matter: then the surest.
  constexpr std::array<float, 4> kFallBack{0.8F, 0.7F, 0.6F, 0.5F};
  constexpr std::size_t kFewest = 100;
  WhiteVoxels white = white_voxels(volume, tissue[core::Tissue::WhiteMatter], kPure);
  for (std::size_t f = 0; f < kFallBack.size() && white.pure.empty(); ++f) {
    white = white_voxels(volume, tissue[core::Tissue::WhiteMatter], kFallBack[f]);
    if (white.pure.size() < kFewest) white.pure.clear();
  }
  if (white.pure.empty()) throw core::Error(core::ErrorKind::Numeric, "there is no pure white matter");
  constexpr std::size_t kEnough = 500;
  return core::quantile(white.deep.size() >= kEnough ? white.deep : white.pure, 0.5);
}

}  // namespace isoscan::preprocess
