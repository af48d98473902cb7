#include "isoscan/quality/anatomy.hpp"

#include <cmath>
#include <cstdint>

#include "isoscan/core/error.hpp"

namespace isoscan::quality {

namespace {

/// The most probable class, or -1 outside the brain.
int label(const core::TissueMaps& tissue, std::size_t n) {
  float sum = 0.0F;
  int best = 0;
  for (int t = 0; t < core::kTissueCount; ++t) {
    const float p = tissue.posterior[static_cast<std::size_t>(t)].voxels[n];
    sum += p;
    if (p > tissue.posterior[static_cast<std::size_t>(best)].voxels[n]) best = t;
  }
  return sum > 0.5F ? best : -1;
}

void require_one_grid(const core::TissueMaps& tissue, const core::Grid& grid) {
  for (const core::Volume& p : tissue.posterior) core::require_same_grid(p.grid, grid, "tissue maps");
}

/// Marks every voxel within radius_mm of the mask.
std::vector<std::uint8_t> within_reach(const core::Mask& mask, double radius_mm) {
  const core::Grid& grid = mask.grid;
  const core::Affine& w = grid.world_from_voxel;
  // The offsets of a ball, on any grid: the bounding box of an ellipsoid comes from the rows of the inverse.
  const core::Affine inverse = w.inverse();
  core::Index3 reach{};
  for (std::size_t a = 0; a < 3; ++a) {
    const double row =
        std::hypot(inverse.matrix[3 * a], inverse.matrix[3 * a + 1], inverse.matrix[3 * a + 2]);
    reach[a] = static_cast<std::int64_t>(std::floor(radius_mm * row));
  }
  std::vector<core::Index3> ball;
  for (std::int64_t k = -reach[2]; k <= reach[2]; ++k) {
    for (std::int64_t j = -reach[1]; j <= reach[1]; ++j) {
      for (std::int64_t i = -reach[0]; i <= reach[0]; ++i) {
        const core::Vec3 x = w({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const double d = std::hypot(x[0] - w.offset[0], x[1] - w.offset[1], x[2] - w.offset[2]);
        if (d <= radius_mm) ball.push_back({i, j, k});
      }
    }
  }
  std::vector<std::uint8_t> near(mask.voxels.size(), 0);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        if (mask.voxels[grid.index(i, j, k)] == 0) continue;
        for (const core::Index3& o : ball) {
          const core::Index3 x{i + o[0], j + o[1], k + o[2]};
          if (grid.contains(x)) near[grid.index(x[0], x[1], x[2])] = 1;
        }
      }
    }
  }
  return near;
}

}  // namespace

TissueAgreement tissue_agreement(const core::TissueMaps& tissue, const core::TissueMaps& truth) {
  const core::Grid& grid = truth.posterior[0].grid;
  require_one_grid(tissue, grid);
  require_one_grid(truth, grid);
  std::array<double, core::kTissueCount> in_tissue{};
  std::array<double, core::kTissueCount> in_truth{};
  std::array<double, core::kTissueCount> in_both{};
  TissueAgreement result;
  for (std::size_t n = 0; n < grid.voxel_count(); ++n) {
    const int a = label(tissue, n);
    const int b = label(truth, n);
    if (a >= 0) in_tissue[static_cast<std::size_t>(a)] += 1.0;
    if (b >= 0) in_truth[static_cast<std::size_t>(b)] += 1.0;
    if (a >= 0 && a == b) in_both[static_cast<std::size_t>(a)] += 1.0;
    for (std::size_t t = 0; t < core::kTissueCount; ++t) {
      result.volume_ml[t] += tissue.posterior[t].voxels[n];
      result.truth_volume_ml[t] += truth.posterior[t].voxels[n];
    }
  }
  for (std::size_t t = 0; t < core::kTissueCount; ++t) {
    result.volume_ml[t] *= grid.voxel_volume_mm3() / 1000.0;
    result.truth_volume_ml[t] *= grid.voxel_volume_mm3() / 1000.0;
    if (in_tissue[t] + in_truth[t] > 0.0) result.dice[t] = 2.0 * in_both[t] / (in_tissue[t] + in_truth[t]);
  }
  if (result.truth_volume_ml[0] > 0.0)
    result.csf_volume_error = result.volume_ml[0] / result.truth_volume_ml[0] - 1.0;
  return result;
}

const char* LesionOptions::problem() const {
  if (!(ring_mm > 0.0 && ring_mm <= 30.0)) return "lesion ring: its radius must lie in 0..30 mm";
  if (!(gap_mm >= 0.0 && gap_mm < ring_mm)) return "lesion ring: the gap must be smaller than the ring";
  return "";
}

std::optional<LesionContrast> lesion_contrast(const core::Volume& image, const core::Mask& lesions,
                                              const core::Mask& within, const LesionOptions& options) {
  if (*options.problem() != '\0') throw core::Error(core::ErrorKind::Config, options.problem());
  core::require_same_grid(image.grid, lesions.grid, "lesion mask");
  core::require_same_grid(image.grid, within.grid, "mask around the lesions");
  const std::vector<std::uint8_t> outer = within_reach(lesions, options.ring_mm);
  const std::vector<std::uint8_t> inner = within_reach(lesions, options.gap_mm);
  double lesion = 0.0;
  double lesion_count = 0.0;
  double ring = 0.0;
  double ring_count = 0.0;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (lesions.voxels[n] != 0) {
      lesion += image.voxels[n];
      lesion_count += 1.0;
    } else if (outer[n] != 0 && inner[n] == 0 && within.voxels[n] != 0) {
      ring += image.voxels[n];
      ring_count += 1.0;
    }
  }
  if (lesion_count == 0.0 || ring_count == 0.0) return std::nullopt;
  LesionContrast result;
  result.lesion = lesion / lesion_count;
  result.ring = ring / ring_count;
  if (result.ring <= 0.0) return std::nullopt;
  result.contrast = (result.ring - result.lesion) / result.ring;
  const double half = 0.5 * (result.ring + result.lesion);
  const bool dark = result.lesion < result.ring;
  double voxels = 0.0;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    const bool candidate = lesions.voxels[n] != 0 || (outer[n] != 0 && within.voxels[n] != 0);
    if (candidate && (dark ? image.voxels[n] < half : image.voxels[n] > half)) voxels += 1.0;
  }
  result.volume_ml = voxels * image.grid.voxel_volume_mm3() / 1000.0;
  return result;
}

std::optional<double> lesion_contrast_ratio(const core::Volume& image, const core::Volume& truth,
                                            const core::Mask& lesions, const core::Mask& within,
                                            const LesionOptions& options) {
  const auto now = lesion_contrast(image, lesions, within, options);
  const auto before = lesion_contrast(truth, lesions, within, options);
  constexpr double kVisible = 0.01;
  if (!now || !before || std::abs(before->contrast) < kVisible) return std::nullopt;
  return now->contrast / before->contrast;
}

}  // namespace isoscan::quality
