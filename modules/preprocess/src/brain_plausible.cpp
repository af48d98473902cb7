#include "brain_plausible.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "isoscan/preprocess/brain_mask.hpp"

#include "brain_head.hpp"

namespace isoscan::preprocess {

namespace {

std::string rounded(double value) {
  return std::to_string(std::llround(value));
}

/// Share of the mask's surface that lies on the edge of the image.
double cut_share(const core::Mask& brain) {
  const auto& size = brain.grid.size;
  double cut = 0.0;
  double surface = 0.0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (brain.voxels[brain.grid.index(i, j, k)] == 0) continue;
        const core::Vec3 mm = brain.grid.spacing_mm();
        const std::array<core::Index3, 6> around{
            {{i - 1, j, k}, {i + 1, j, k}, {i, j - 1, k}, {i, j + 1, k}, {i, j, k - 1}, {i, j, k + 1}}};
        for (std::size_t f = 0; f < 6; ++f) {
          const double face = mm[0] * mm[1] * mm[2] / mm[f / 2];
          const bool edge = !brain.grid.contains(around[f]);
          if (edge) cut += face;
          if (edge || brain.voxels[brain.grid.index(around[f][0], around[f][1], around[f][2])] == 0)
            surface += face;
        }
      }
    }
  }
  return surface > 0.0 ? cut / surface : 0.0;
}

/// @throws Error(Input) where the mask is longer, flatter or more ragged than brains are.
void require_shape(const core::Mask& brain) {
  core::Index3 low = brain.grid.size;
  core::Index3 high{-1, -1, -1};
  for (std::int64_t k = 0; k < brain.grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < brain.grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < brain.grid.size[0]; ++i) {
        if (brain.voxels[brain.grid.index(i, j, k)] == 0) continue;
        const core::Index3 voxel{i, j, k};
        for (std::size_t a = 0; a < 3; ++a) {
          low[a] = std::min(low[a], voxel[a]);
          high[a] = std::max(high[a], voxel[a]);
        }
      }
    }
  }
  const core::Vec3 spacing = brain.grid.spacing_mm();
  constexpr double kShortestMm = 60.0;
  constexpr double kLongestMm = 240.0;
  double box_ml = 0.001;
  std::string sides;
  bool fits = true;
  for (std::size_t a = 0; a < 3; ++a) {
    const double mm = static_cast<double>(high[a] - low[a] + 1) * spacing[a];
    fits = fits && mm >= kShortestMm && mm <= kLongestMm;
    box_ml *= mm;
    sides += (a > 0 ? " x " : "") + rounded(mm);
  }
  if (!fits) refuse("what looks like one measures " + sides + " mm");
  constexpr double kEmptiestBox = 0.25;  // an ellipsoid fills 0.52 of its box, an oblique one less
  if (brain.volume_ml() < kEmptiestBox * box_ml) refuse("what looks like one is too ragged");
}

}  // namespace

void require_plausible(const core::Mask& brain) {
  const double ml = brain.volume_ml();
  if (ml < kSmallestBrainMl || ml > kLargestBrainMl) {
    refuse("what looks like one has " + rounded(ml) + " ml, a brain has 500 to 2200 ml");
  }
  require_shape(brain);
  constexpr double kMostCut = 0.35;
  const double cut = cut_share(brain);
  if (cut > kMostCut)
    refuse(rounded(100.0 * cut) + " % of its surface lies on the edge of the image; give a whole head");
}

}  // namespace isoscan::preprocess
