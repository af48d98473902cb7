#include "isoscan/quality/anatomy.hpp"

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

}  // namespace isoscan::quality
