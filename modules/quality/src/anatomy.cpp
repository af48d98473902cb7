#include "isoscan/quality/anatomy.hpp"

#include <string>

#include "isoscan/core/error.hpp"

namespace isoscan::quality {

namespace {

void require_one_grid(const core::TissueMaps& tissue, const core::Grid& grid) {
  for (const core::Volume& p : tissue.posterior) core::require_same_grid(p.grid, grid, "tissue maps");
}

}  // namespace

std::vector<std::int8_t> tissue_classes(const core::TissueMaps& tissue) {
  require_one_grid(tissue, tissue.posterior[0].grid);
  std::vector<std::int8_t> classes(tissue.posterior[0].voxels.size(), -1);
  for (std::size_t n = 0; n < classes.size(); ++n) {
    float sum = 0.0F;
    std::size_t best = 0;
    for (std::size_t t = 0; t < core::kTissueCount; ++t) {
      const float p = tissue.posterior[t].voxels[n];
      sum += p;
      if (p > tissue.posterior[best].voxels[n]) best = t;
    }
    if (sum > 0.5F) classes[n] = static_cast<std::int8_t>(best);
  }
  return classes;
}

TissueDice tissue_dice(const std::vector<std::int8_t>& a, const std::vector<std::int8_t>& b) {
  if (a.size() != b.size())
    throw core::Error(core::ErrorKind::Internal, "tissue classes of " + std::to_string(a.size()) + " and " +
                                                     std::to_string(b.size()) + " voxels");
  std::array<double, core::kTissueCount> either{};
  std::array<double, core::kTissueCount> both{};
  for (std::size_t n = 0; n < a.size(); ++n) {
    if (a[n] >= 0) either.at(static_cast<std::size_t>(a[n])) += 1.0;
    if (b[n] >= 0) either.at(static_cast<std::size_t>(b[n])) += 1.0;
    if (a[n] >= 0 && a[n] == b[n]) both.at(static_cast<std::size_t>(a[n])) += 1.0;
  }
  TissueDice dice;
  for (std::size_t t = 0; t < dice.size(); ++t) {
    if (either.at(t) > 0.0) dice.at(t) = 2.0 * both.at(t) / either.at(t);
  }
  return dice;
}

TissueAgreement tissue_agreement(const core::TissueMaps& tissue, const core::TissueMaps& truth) {
  const core::Grid& grid = truth.posterior[0].grid;
  require_one_grid(tissue, grid);
  require_one_grid(truth, grid);
  TissueAgreement result;
  result.dice = tissue_dice(tissue_classes(tissue), tissue_classes(truth));
  for (std::size_t n = 0; n < grid.voxel_count(); ++n) {
    for (std::size_t t = 0; t < core::kTissueCount; ++t) {
      result.volume_ml[t] += tissue.posterior[t].voxels[n];
      result.truth_volume_ml[t] += truth.posterior[t].voxels[n];
    }
  }
  for (std::size_t t = 0; t < core::kTissueCount; ++t) {
    result.volume_ml[t] *= grid.voxel_volume_mm3() / 1000.0;
    result.truth_volume_ml[t] *= grid.voxel_volume_mm3() / 1000.0;
  }
  if (result.truth_volume_ml[0] > 0.0)
    result.csf_volume_error = result.volume_ml[0] / result.truth_volume_ml[0] - 1.0;
  return result;
}

}  // namespace isoscan::quality
