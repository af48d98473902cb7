#include "isoscan/preprocess/resample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::preprocess {
namespace {

using core::Grid;
using core::Volume;

Grid grid_of(core::Index3 size, core::Vec3 spacing, core::Vec3 origin = {-31.7, 12.3, -70.1}) {
  Grid grid;
  grid.size = size;
  for (std::size_t a = 0; a < 3; ++a) grid.world_from_voxel.matrix[4 * a] = spacing[a];
  grid.world_from_voxel.offset = origin;
  return grid;
}

/// The same voxels in another storage order: new axis a runs along old axis order[a], backwards where
/// flip[a].
Grid reordered(const Grid& grid, std::array<int, 3> order, std::array<bool, 3> flip) {
  Grid out;
  core::Affine old_from_new;
  old_from_new.matrix.fill(0.0);
  for (std::size_t a = 0; a < 3; ++a) {
    const auto old = static_cast<std::size_t>(order[a]);
    out.size[a] = grid.size[old];
    old_from_new.matrix[3 * old + a] = flip[a] ? -1.0 : 1.0;
    old_from_new.offset[old] = flip[a] ? static_cast<double>(grid.size[old] - 1) : 0.0;
  }
  out.world_from_voxel = grid.world_from_voxel * old_from_new;
  return out;
}

Volume noise(const Grid& grid) {
  Volume volume(grid);
  core::Random random(7);
  for (float& v : volume.voxels) v = static_cast<float>(random.normal());
  return volume;
}

/// 3 + 0.5 x - 0.25 y + 0.125 z in world millimetres.
double ramp(const core::Vec3& world) {
  return 3.0 + 0.5 * world[0] - 0.25 * world[1] + 0.125 * world[2];
}

template <class Function>
void for_voxels(const Grid& grid, const Function& function) {
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) function(i, j, k);
    }
  }
}

Volume ramp_on(const Grid& grid) {
  Volume volume(grid);
  for_voxels(grid, [&](auto i, auto j, auto k) {
    volume.at(i, j, k) = static_cast<float>(ramp(
        grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)})));
  });
  return volume;
}

/// Turned about a slanted axis through the world's origin.
Grid turned(const Grid& grid, double angle) {
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  core::Affine about_z;
  about_z.matrix = {c, -s, 0, s, c, 0, 0, 0, 1};
  core::Affine about_x;
  about_x.matrix = {1, 0, 0, 0, c, -s, 0, s, c};
  Grid out = grid;
  out.world_from_voxel = about_x * about_z * grid.world_from_voxel;
  return out;
}

TEST(ResampleLinear, IdentityKeepsEveryBit) {
  const Volume volume = noise(turned(grid_of({13, 9, 7}, {1.1, 0.9, 2.3}), 0.37));
  EXPECT_EQ(resample_linear(volume, volume.grid, {}).voxels, volume.voxels);
}

TEST(ResampleLinear, All48AxisOrdersKeepEveryBitThereAndBack) {
  const Volume volume = noise(turned(grid_of({6, 5, 4}, {1.1, 0.9, 2.3}), 0.37));
  std::array<int, 3> order{0, 1, 2};
  int orders = 0;
  do {
    for (int bits = 0; bits < 8; ++bits) {
      const Grid other = reordered(volume.grid, order, {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0});
      const Volume there = resample_linear(volume, other, {}, -99.0F);
      const Volume back = resample_linear(there, volume.grid, {}, -99.0F);
      EXPECT_EQ(back.voxels, volume.voxels);
      std::vector<float> a = there.voxels;
      std::vector<float> b = volume.voxels;
      std::sort(a.begin(), a.end());
      std::sort(b.begin(), b.end());
      EXPECT_EQ(a, b);
      ++orders;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(orders, 48);
}

TEST(ResampleLinear, LinearRampsAreExactInsideAndAbsentOutside) {
  const Volume volume = ramp_on(grid_of({20, 22, 18}, {1.0, 1.5, 2.0}, {-10, -16, -17}));
  const Grid target = turned(grid_of({30, 31, 29}, {1.3, 1.2, 1.4}, {-18, -18, -18}), 0.5);
  const Volume out = resample_linear(volume, target, {}, -1000.0F);
  const core::Affine source_from_world = volume.grid.world_from_voxel.inverse();
  int inside = 0;
  int outside = 0;
  for_voxels(target, [&](auto i, auto j, auto k) {
    const core::Vec3 world =
        target.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
    const core::Vec3 at = source_from_world(world);
    bool between_centres = true;
    bool beyond = false;
    for (std::size_t a = 0; a < 3; ++a) {
      const double last = static_cast<double>(volume.grid.size[a] - 1);
      between_centres = between_centres && at[a] >= 0 && at[a] <= last;
      beyond = beyond || at[a] < -0.51 || at[a] > last + 0.51;
    }
    if (between_centres) {
      ++inside;
      ASSERT_NEAR(out.at(i, j, k), ramp(world), 1e-5);
    } else if (beyond) {
      ++outside;
      ASSERT_EQ(out.at(i, j, k), -1000.0F);
    }
  });
  EXPECT_GT(inside, 1000);
  EXPECT_GT(outside, 1000);
}

TEST(ResampleLinear, ThreadsDoNotChangeBits) {
  const Volume volume = noise(grid_of({17, 19, 11}, {1, 1, 1}));
  const Grid target = turned(grid_of({15, 16, 17}, {0.8, 1.1, 0.9}), 0.1);
  core::Context four;
  four.threads = 4;
  EXPECT_EQ(resample_linear(volume, target, {}).voxels, resample_linear(volume, target, four).voxels);
}

TEST(ResampleLinear, NotANumberStaysInItsVoxel) {
  Volume volume = noise(grid_of({5, 5, 5}, {1, 1, 1}));
  volume.at(2, 2, 2) = std::numeric_limits<float>::quiet_NaN();
  const Volume out = resample_linear(volume, volume.grid, {});
  EXPECT_EQ(std::count_if(out.voxels.begin(), out.voxels.end(), [](float v) { return std::isnan(v); }), 1);
}

TEST(ResampleLinear, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  core::Context context;
  context.stop = stop.get_token();
  const Volume volume = noise(grid_of({5, 5, 5}, {1, 1, 1}));
  try {
    (void)resample_linear(volume, volume.grid, context);
    FAIL() << "went on";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Cancelled);
  }
}

TEST(ResampleNearest, ThereAndBackThroughAFinerGridIsTheSame) {
  core::Mask mask(turned(grid_of({7, 8, 9}, {2.0, 2.0, 2.0}), 0.2));
  core::Random random(3);
  for (auto& v : mask.voxels) v = random.uniform() < 0.5 ? 1 : 0;
  const core::Mask fine = resample_nearest(mask, core::with_spacing(mask.grid, 2.0 / 3.0));
  EXPECT_EQ(fine.count(), 27 * mask.count());
  EXPECT_EQ(resample_nearest(fine, mask.grid).voxels, mask.voxels);
}

TEST(ToWorkingGrid, NothingToDoLeavesTheVolumeAlone) {
  const Volume volume = noise(grid_of({5, 6, 7}, {1.0, 1.005, 0.995}));
  for (const double spacing : {0.0, 1.0}) {
    const Volume out = to_working_grid(volume, spacing, {});
    EXPECT_EQ(out.grid, volume.grid);
    EXPECT_EQ(out.voxels, volume.voxels);
  }
}

TEST(ToWorkingGrid, CoarserKeepsRampsAndDropsWhatCannotBeSeen) {
  Volume volume = ramp_on(grid_of({40, 40, 40}, {1, 1, 1}, {0, 0, 0}));
  // The fastest stripes that a 1 mm grid holds: on a 3 mm grid they may only leave their mean.
  for_voxels(volume.grid, [&](auto i, auto j, auto k) { volume.at(i, j, k) += i % 2 == 0 ? 10.0F : -10.0F; });
  const Volume out = to_working_grid(volume, 3.0, {});
  EXPECT_NEAR(out.grid.spacing_mm()[0], 3.0, 1e-9);
  double worst = 0.0;
  for_voxels(out.grid, [&](auto i, auto j, auto k) {
    const bool edge = std::min({i, j, k}) < 2 || std::max({i, j, k}) > out.grid.size[0] - 3;
    if (edge) return;
    const core::Vec3 world =
        out.grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
    worst = std::max(worst, std::abs(out.at(i, j, k) - ramp(world)));
  });
  EXPECT_LT(worst, 0.1);
}

TEST(ToWorkingGrid, RefusesImpossibleSpacings) {
  const Volume volume = noise(grid_of({5, 6, 7}, {1, 1, 1}));
  EXPECT_THROW((void)to_working_grid(volume, -1.0, {}), core::Error);
  EXPECT_THROW((void)to_working_grid(volume, std::numeric_limits<double>::quiet_NaN(), {}), core::Error);
  EXPECT_THROW((void)resample_linear(volume, Grid{}, {}), core::Error);
}

}  // namespace
}  // namespace isoscan::preprocess
