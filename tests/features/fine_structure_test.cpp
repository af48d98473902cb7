#include "isoscan/features/fine_structure.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/features/world_axes.hpp"

#include "made_image.hpp"

namespace isoscan::features {
namespace {

double largest(const FineStructure& s) {
  double most = 0.0;
  for (const double v : s.value) most = std::max(most, std::abs(v));
  return most;
}

TEST(FineStructure, IsSymmetricAndLargestAtLagZero) {
  const core::Grid grid = cube(28, 1.5);
  const FineStructure s = fine_structure(textured(grid, 1), ball(grid, 0.9), {});
  EXPECT_EQ(s.reach, kFineStructureReach);
  EXPECT_EQ(s.value.size(), 13U * 13U * 13U);
  for (int z = -6; z <= 6; ++z) {
    for (int y = -6; y <= 6; ++y) {
      for (int x = -6; x <= 6; ++x) {
        ASSERT_EQ(s.at(x, y, z), s.at(-x, -y, -z));
        ASSERT_LE(std::abs(s.at(x, y, z)), s.at(0, 0, 0));
        if (x * x + y * y + z * z <= 38) continue;
        ASSERT_EQ(s.at(x, y, z), 0.0);
      }
    }
  }
}

TEST(FineStructure, WhiteNoiseHasTheStructureThatIsSaidOfIt) {
  const core::Grid grid = cube(52, 1.5);
  const core::Mask mask = ball(grid, 0.95);
  const FineStructure s = fine_structure(textured(grid, 2), mask, {});
  const FineStructure expected = white_noise_structure();
  constexpr double kVariance = 0.2 * 0.2;  // of textured
  const double chance = kVariance * std::sqrt(2.0 / static_cast<double>(mask.count()));
  for (int z = -4; z <= 4; ++z) {
    for (int y = -4; y <= 4; ++y) {
      for (int x = -4; x <= 4; ++x)
        ASSERT_NEAR(s.at(x, y, z), kVariance * expected.at(x, y, z), 6.0 * chance)
            << x << ' ' << y << ' ' << z;
    }
  }
}

TEST(FineStructure, OfAllOfTheMaskIsTheWholesAndOfPartsTheirOwn) {
  const core::Grid grid = cube(40, 1.5);
  const core::Mask mask = ball(grid, 0.95);
  core::Volume image = textured(grid, 5);
  core::Volume all(grid);
  core::Volume left(grid);
  core::Volume right(grid);
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    const bool is_left = static_cast<std::int64_t>(n) % grid.size[0] < grid.size[0] / 2;
    all.voxels[n] = 1.0F;
    left.voxels[n] = is_left ? 1.0F : 0.0F;
    right.voxels[n] = is_left ? 0.0F : 0.5F;  // a common factor cancels
    if (!is_left) image.voxels[n] *= 0.5F;    // a quarter of the variance
  }
  const FineStructure whole = fine_structure(image, mask, {});
  const std::vector<FineStructure> parts = fine_structure_of(image, mask, {all, left, right}, {});
  ASSERT_EQ(parts.size(), 3U);
  for (std::size_t n = 0; n < whole.value.size(); ++n)
    ASSERT_NEAR(parts[0].value[n], whole.value[n], 1e-6 * largest(whole));
  EXPECT_NEAR(parts[1].at(0, 0, 0) / parts[2].at(0, 0, 0), 4.0, 0.6);  // near the border both sides matter
  EXPECT_EQ(parts[1].at(2, -1, 3), parts[1].at(-2, 1, -3));
}

/// A filter that takes the mean away leaves nothing of it: over all lags the sum is 0.
TEST(FineStructure, WhiteNoiseLessItsMeanSumsToZero) {
  double sum = 0.0;
  for (const double v : white_noise_structure().value) sum += v;
  EXPECT_NEAR(sum, 0.0, 0.12);  // the tails beyond the reach are missing
  EXPECT_NEAR(white_noise_structure().at(0, 0, 0), 1.0, 0.02);
}

TEST(FineStructure, GoesWithTheSquareOfTheScaleAndDoesNotSeeAConstant) {
  const core::Grid grid = cube(24, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  const core::Volume image = textured(grid, 3);
  core::Volume other = image;
  for (float& v : other.voxels) v = 3.0F * v + 0.5F;
  const FineStructure a = fine_structure(image, mask, {});
  const FineStructure b = fine_structure(other, mask, {});
  for (std::size_t n = 0; n < a.value.size(); ++n)
    ASSERT_NEAR(b.value[n], 9.0 * a.value[n], 1e-5 * largest(b));
  EXPECT_LT(largest(fine_structure(core::Volume(grid, 0.75F), mask, {})), 1e-10);
}

TEST(FineStructure, FollowsTheWorldNotTheStorageOrder) {
  const core::Grid grid = cube(22, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  core::Volume image = textured(grid, 4);
  core::convolve_axis(image, 0, {0.25F, 0.5F, 0.25F}, 1);  // another structure along x than along y, z
  const FineStructure straight = fine_structure(image, mask, {});
  EXPECT_GT(straight.at(1, 0, 0), 4.0 * std::abs(straight.at(0, 1, 0)));
  EXPECT_GT(straight.at(1, 0, 0), 4.0 * std::abs(straight.at(0, 0, 1)));
  for (const Order& order : other_orders()) {
    const Turned turned(grid, order);
    const FineStructure other = fine_structure(turned(image), turned(mask), {});
    for (std::size_t n = 0; n < other.value.size(); ++n)
      ASSERT_NEAR(other.value[n], straight.value[n], 1e-5 * straight.at(0, 0, 0));
  }
}

TEST(FineStructure, NothingOutsideTheMaskLeaksInAndThreadsDoNotChangeBits) {
  const core::Grid grid = cube(20, 1.5);
  const core::Mask mask = ball(grid, 0.8);
  const core::Volume image = textured(grid, 5);
  const FineStructure plain = fine_structure(image, mask, {});
  core::Volume other = image;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) other.voxels[n] = 1e6F;
  }
  EXPECT_TRUE(plain == fine_structure(other, mask, {}));
  core::Context three;
  three.threads = 3;
  EXPECT_TRUE(plain == fine_structure(image, mask, three));
}

TEST(FineStructure, AMaskWithoutAnInsideAndOtherGridsAreRefused) {
  const core::Grid grid = cube(12, 1.5);
  core::Mask sheet(grid);
  for (std::int64_t j = 0; j < grid.size[1]; ++j) {
    for (std::int64_t i = 0; i < grid.size[0]; ++i) sheet.voxels[grid.index(i, j, 4)] = 1;
  }
  const auto kind_of = [&](const core::Mask& mask) {
    try {
      (void)fine_structure(core::Volume(grid), mask, {});
    } catch (const core::Error& error) {
      return error.kind();
    }
    return core::ErrorKind::Internal;
  };
  EXPECT_EQ(kind_of(sheet), core::ErrorKind::Numeric);
  EXPECT_EQ(kind_of(core::Mask(grid)), core::ErrorKind::Numeric);
  EXPECT_EQ(kind_of(core::Mask(cube(13, 1.5), true)), core::ErrorKind::Geometry);
}

TEST(WorldAxes, AreFoundInAnyStorageOrder) {
  const core::Grid grid = cube(8, 1.5);
  const std::array<std::int64_t, 3> plain = world_steps(grid);
  EXPECT_EQ(plain, (std::array<std::int64_t, 3>{1, 8, 8 * 11}));
  for (const Order& order : other_orders()) {
    const Turned turned(grid, order);
    const std::array<std::size_t, 3> axis = voxel_axis_of_world(turned.grid);
    for (std::size_t a = 0; a < 3; ++a) EXPECT_EQ(order.order[axis[a]], a);
    // One step in the new order is one step in the old one.
    const std::array<std::int64_t, 3> steps = world_steps(turned.grid);
    std::vector<std::size_t> to(turned.from.size());
    for (std::size_t n = 0; n < to.size(); ++n) to[turned.from[n]] = n;
    const std::size_t middle = grid.index(4, 5, 3);
    for (std::size_t a = 0; a < 3; ++a) {
      EXPECT_EQ(static_cast<std::int64_t>(to[middle + static_cast<std::size_t>(plain[a])]),
                static_cast<std::int64_t>(to[middle]) + steps[a]);
    }
  }
}

/// Direction counts, not length: thick slices do not draw the world's axes to themselves.
TEST(WorldAxes, HoldForTiltedHeadsAndThickSlices) {
  core::Grid grid = cube(8, 1.0);
  const double c = std::cos(0.6);
  const double s = std::sin(0.6);
  grid.world_from_voxel.matrix = {c, -s * 5.0, 0, s, c * 5.0, 0, 0, 0, 1};
  EXPECT_EQ(voxel_axis_of_world(grid), (std::array<std::size_t, 3>{0, 1, 2}));
  EXPECT_EQ(world_steps(grid), (std::array<std::int64_t, 3>{1, 8, 88}));
}

}  // namespace
}  // namespace isoscan::features
