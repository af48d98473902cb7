#include "isoscan/preprocess/typical_brain.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

namespace isoscan::preprocess {
namespace {

/// An atlas that is the same in all cells but for the share of CSF, which falls from 0.4 in the middle to 0
/// at 2 SDs to either side.
Atlas atlas() {
  Atlas a;
  a.edge = 21;
  a.extent_sd = 2.5;
  a.people = 9;
  for (std::size_t t = 0; t < core::kTissueCount; ++t) {
    for (std::int64_t c = 0; c < a.edge * a.edge * a.edge; ++c) {
      const double x = (static_cast<double>(c % a.edge) + 0.5) / static_cast<double>(a.edge) * 5.0 - 2.5;
      const double csf = std::max(0.0, 0.4 - 0.2 * std::abs(x));
      a.prior[t].push_back(static_cast<float>(t == 0 ? csf : t == 1 ? 0.5 : 0.5 - csf));
      a.log_mean[t].push_back(static_cast<float>(std::log(t == 0 ? 0.3 : t == 1 ? 0.65 : 1.0)));
      a.log_sd[t].push_back(0.1F);
    }
  }
  return a;
}

/// An ellipsoid of these half axes; the centre is off the grid's.
core::Mask brain(double spacing_mm, const core::Vec3& half_mm, const core::Vec3& centre_mm) {
  core::Grid grid;
  for (std::size_t a = 0; a < 3; ++a) {
    grid.size[a] = static_cast<std::int64_t>(2.6 * half_mm[a] / spacing_mm);
    grid.world_from_voxel.matrix[4 * a] = spacing_mm;
    grid.world_from_voxel.offset[a] = centre_mm[a] - 1.2 * half_mm[a];
  }
  core::Mask mask(grid);
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        const core::Vec3 at =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const double r = std::hypot((at[0] - centre_mm[0]) / half_mm[0], (at[1] - centre_mm[1]) / half_mm[1],
                                    (at[2] - centre_mm[2]) / half_mm[2]);
        mask.voxels[n] = r < 1.0 ? 1 : 0;
      }
    }
  }
  return mask;
}

// Each voxel is the mean of what tissues show there: 0.5 x 0.65 + (0.5 - c) x 1 + c x 0.3.
TEST(TypicalBrain, IsAsBrightAsTissuesAreThereInAnyPlaceAndSize) {
  for (const double scale : {1.0, 1.3}) {
    const core::Vec3 half{60 * scale, 80 * scale, 55 * scale};
    const core::Vec3 centre{7, -20, 31};
    const core::Mask mask = brain(3.0, half, centre);
    const core::Volume typical = typical_brain(atlas(), mask);
    EXPECT_EQ(typical.grid, mask.grid);
    const HeadFrame frame = head_frame(mask);
    EXPECT_NEAR(frame.sd_mm[0], half[0] / std::sqrt(5.0), 1.0) << "of an even ellipsoid";
    std::size_t n = 0;
    std::size_t looked = 0;
    for (std::int64_t k = 0; k < mask.grid.size[2]; ++k) {
      for (std::int64_t j = 0; j < mask.grid.size[1]; ++j) {
        for (std::int64_t i = 0; i < mask.grid.size[0]; ++i, ++n) {
          if (mask.voxels[n] == 0) {
            EXPECT_EQ(typical.voxels[n], 0.0F);
            continue;
          }
          const core::Vec3 at = mask.grid.world_from_voxel(
              {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
          const double x = (at[0] - frame.centre_mm[0]) / frame.sd_mm[0];
          if (std::abs(x) < 0.25 || std::abs(std::abs(x) - 2.0) < 0.25) continue;  // kinks, read linearly
          const double csf = std::max(0.0, 0.4 - 0.2 * std::abs(x));
          EXPECT_NEAR(typical.voxels[n], 0.5 * 0.65 + (0.5 - csf) + 0.3 * csf, 1e-4);
          ++looked;
        }
      }
    }
    EXPECT_GT(looked, 5000U);
  }
}

TEST(TypicalBrain, NothingIsNoBrain) {
  EXPECT_THROW((void)typical_brain(Atlas{}, brain(5.0, {60, 80, 55}, {0, 0, 0})), core::Error);
  core::Mask empty = brain(5.0, {60, 80, 55}, {0, 0, 0});
  for (auto& v : empty.voxels) v = 0;
  EXPECT_THROW((void)typical_brain(atlas(), empty), core::Error);
}

}  // namespace
}  // namespace isoscan::preprocess
