#include "isoscan/preprocess/morphology.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::preprocess {
namespace {

using core::Mask;

core::Grid grid_of(core::Index3 size, core::Vec3 spacing) {
  core::Grid grid;
  grid.size = size;
  for (std::size_t a = 0; a < 3; ++a) grid.world_from_voxel.matrix[4 * a] = spacing[a];
  return grid;
}

Mask ball(const core::Grid& grid, double radius_mm) {
  Mask mask(grid);
  const core::Vec3 mm = grid.spacing_mm();
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const double x = (static_cast<double>(i) - 0.5 * static_cast<double>(grid.size[0] - 1)) * mm[0];
        const double y = (static_cast<double>(j) - 0.5 * static_cast<double>(grid.size[1] - 1)) * mm[1];
        const double z = (static_cast<double>(k) - 0.5 * static_cast<double>(grid.size[2] - 1)) * mm[2];
        mask.voxels[grid.index(i, j, k)] = x * x + y * y + z * z <= radius_mm * radius_mm ? 1 : 0;
      }
    }
  }
  return mask;
}

double ball_ml(double radius_mm) {
  return 4.0 / 3.0 * std::numbers::pi * std::pow(radius_mm, 3) / 1000.0;
}

Mask speckle(const core::Grid& grid, double share) {
  Mask mask(grid);
  core::Random random(11);
  for (auto& v : mask.voxels) v = random.uniform() < share ? 1 : 0;
  return mask;
}

TEST(Morphology, ErodingAndDilatingABallGivesTheBallOfThatRadius) {
  const core::Grid grid = grid_of({81, 61, 41}, {0.75, 1.0, 1.5});
  const Mask middle = ball(grid, 20.0);
  EXPECT_NEAR(middle.volume_ml() / ball_ml(20.0), 1.0, 0.01);
  EXPECT_NEAR(dilate(middle, 5.0).volume_ml() / ball_ml(25.0), 1.0, 0.04);
  // Erosion measures to the centres of background voxels, so the surface lies half a voxel farther in.
  EXPECT_NEAR(erode(middle, 5.0).volume_ml() / ball_ml(15.0), 1.0, 0.12);
  EXPECT_GT(dice(erode(middle, 5.0), ball(grid, 15.0)), 0.95);
}

TEST(Morphology, RadiusZeroChangesNothing) {
  const Mask mask = speckle(grid_of({9, 8, 7}, {1, 1, 1}), 0.5);
  EXPECT_EQ(erode(mask, 0.0).voxels, mask.voxels);
  EXPECT_EQ(dilate(mask, 0.0).voxels, mask.voxels);
}

TEST(Morphology, OneSpacingReachesTheSixNeighbours) {
  Mask mask(grid_of({5, 5, 5}, {2.0, 2.0, 2.0}));
  mask.voxels[mask.grid.index(2, 2, 2)] = 1;
  EXPECT_EQ(dilate(mask, 2.0).count(), 7U);
  EXPECT_EQ(erode(dilate(mask, 2.0), 2.0).voxels, mask.voxels);
}

TEST(Morphology, ErosionIsDilationOfTheBackground) {
  const Mask mask = speckle(grid_of({12, 11, 10}, {1.0, 1.3, 0.7}), 0.9);
  Mask background = mask;
  for (auto& v : background.voxels) v = v != 0 ? 0 : 1;
  const Mask eroded = erode(mask, 1.3);
  const Mask grown = dilate(background, 1.3);
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) EXPECT_EQ(eroded.voxels[n] + grown.voxels[n], 1);
}

TEST(Morphology, TheImageBorderDoesNotErode) {
  const Mask full(grid_of({6, 6, 6}, {1, 1, 1}), true);
  EXPECT_EQ(erode(full, 3.0).voxels, full.voxels);
}

TEST(Morphology, DistancesAreThoseOfAnExhaustiveSearch) {
  const core::Grid grid = grid_of({9, 10, 8}, {1.0, 0.8, 2.5});
  const Mask mask = speckle(grid, 0.02);
  ASSERT_GT(mask.count(), 3U);
  const core::Volume distance = distance_to(mask);
  for (std::int64_t n = 0; n < 720; ++n) {
    double best = 1e9;
    for (std::int64_t m = 0; m < 720; ++m) {
      if (mask.voxels[static_cast<std::size_t>(m)] == 0) continue;
      const double x = static_cast<double>(n % 9 - m % 9) * 1.0;
      const double y = static_cast<double>(n / 9 % 10 - m / 9 % 10) * 0.8;
      const double z = static_cast<double>(n / 90 - m / 90) * 2.5;
      best = std::min(best, std::sqrt(x * x + y * y + z * z));
    }
    ASSERT_NEAR(distance.voxels[static_cast<std::size_t>(n)], best, 1e-5);
  }
  EXPECT_EQ(distance_to(Mask(grid)).voxels[0], std::numeric_limits<float>::infinity());
}

TEST(Morphology, HolesAreFilledButBaysStayOpen) {
  const core::Grid grid = grid_of({31, 31, 31}, {1, 1, 1});
  Mask shell = ball(grid, 12.0);
  const Mask core_of_it = ball(grid, 8.0);
  for (std::size_t n = 0; n < shell.voxels.size(); ++n) shell.voxels[n] -= core_of_it.voxels[n];
  EXPECT_EQ(fill_holes(shell).voxels, ball(grid, 12.0).voxels);
  for (std::int64_t i = 15; i < 31; ++i) shell.voxels[grid.index(i, 15, 15)] = 0;  // a channel to the border
  EXPECT_EQ(fill_holes(shell).voxels, shell.voxels);
}

TEST(Morphology, TheLargestComponentWinsAndDiagonalsDoNotConnect) {
  Mask mask(grid_of({6, 6, 1}, {1, 1, 1}));
  for (const auto& [i, j] : {std::pair{0, 0}, {1, 0}, {2, 1}, {3, 1}, {4, 1}, {5, 5}}) {
    mask.voxels[mask.grid.index(i, j, 0)] = 1;
  }
  const Mask largest = largest_component(mask);
  EXPECT_EQ(largest.count(), 3U);
  EXPECT_EQ(largest.voxels[mask.grid.index(3, 1, 0)], 1);
  EXPECT_EQ(largest_component(Mask(mask.grid)).count(), 0U);
}

TEST(Morphology, DiceIsOneZeroAndBetween) {
  const core::Grid grid = grid_of({4, 1, 1}, {1, 1, 1});
  Mask a(grid);
  Mask b(grid);
  EXPECT_EQ(dice(a, b), 1.0);
  a.voxels = {1, 1, 0, 0};
  b.voxels = {0, 0, 1, 1};
  EXPECT_EQ(dice(a, a), 1.0);
  EXPECT_EQ(dice(a, b), 0.0);
  b.voxels = {0, 1, 1, 0};
  EXPECT_EQ(dice(a, b), 0.5);
  EXPECT_THROW((void)dice(a, Mask(grid_of({2, 2, 1}, {1, 1, 1}))), core::Error);
}

TEST(Morphology, RefusesRadiiThatAreNone) {
  const Mask mask(grid_of({3, 3, 3}, {1, 1, 1}), true);
  EXPECT_THROW((void)erode(mask, -1.0), core::Error);
  EXPECT_THROW((void)dilate(mask, std::numeric_limits<double>::infinity()), core::Error);
}

}  // namespace
}  // namespace isoscan::preprocess
