#include "isoscan/features/bands.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "made_image.hpp"

namespace isoscan::features {
namespace {

TEST(Bands, RoundTripIsExact) {
  const core::Grid grid = cube(28, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  const BandSpace space = band_space({}, 1.5);
  const core::Volume image = textured(grid, 3);
  const BandRows rows = encode(image, mask, space, {});
  const core::Volume back = decode(rows, space);
  ASSERT_EQ(rows.rows(), mask.count());
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const std::size_t n = rows.voxels[r];
    const float finest = rows.values[r * static_cast<std::size_t>(rows.dims)];
    if (std::abs(finest) <= std::abs(image.voxels[n])) {
      ASSERT_EQ(back.voxels[n], image.voxels[n]) << "voxel " << n;
    } else {
      ASSERT_LE(std::abs(back.voxels[n] - image.voxels[n]), std::abs(finest) * 6e-8F);
    }
  }
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) continue;
    ASSERT_EQ(back.voxels[n], 0.0F);
  }
}

TEST(Bands, NothingOutsideTheMaskLeaksIn) {
  const core::Grid grid = cube(24, 1.5);
  const core::Mask mask = ball(grid, 0.7);
  const BandSpace space = band_space({}, 1.5);
  const core::Volume image = textured(grid, 4);
  core::Volume other = image;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) other.voxels[n] = 1e6F;
  }
  EXPECT_EQ(encode(image, mask, space, {}).values, encode(other, mask, space, {}).values);
}

TEST(Bands, AConstantImageHasOnlyItsLowPass) {
  const core::Grid grid = cube(24, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  const BandSpace space = band_space({}, 1.5);
  const BandRows rows = encode(core::Volume(grid, 0.75F), mask, space, {});
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const float* row = rows.values.data() + r * static_cast<std::size_t>(rows.dims);
    for (int b = 0; b + 1 < space.bands(); ++b) ASSERT_NEAR(row[b], 0.0F, 1e-6F);
    ASSERT_NEAR(row[space.bands() - 1], 0.75F, 1e-6F);
    for (int c = 0; c < 5; ++c) ASSERT_NEAR(row[space.bands() + c], 0.0F, c == 1 ? 1e-3F : 1e-5F);
  }
}

TEST(Bands, SampledRowsEqualTheFullOnes) {
  const core::Grid grid = cube(24, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  const BandSpace space = band_space({}, 1.5);
  const core::Volume image = textured(grid, 5);
  const BandRows all = encode(image, mask, space, {});
  const BandRows some = encode_sample(image, mask, space, 500, 11, {});
  ASSERT_EQ(some.rows(), 500U);
  const auto d = static_cast<std::size_t>(all.dims);
  std::size_t r = 0;
  for (std::size_t s = 0; s < some.rows(); ++s) {
    while (all.voxels[r] != some.voxels[s]) ++r;
    for (std::size_t c = 0; c < d; ++c) ASSERT_EQ(all.values[r * d + c], some.values[s * d + c]);
  }
  EXPECT_EQ(some.voxels, encode_sample(image, mask, space, 500, 11, {}).voxels);
  EXPECT_NE(some.voxels, encode_sample(image, mask, space, 500, 12, {}).voxels);
}

TEST(Bands, ThreadsDoNotChangeBits) {
  const core::Grid grid = cube(24, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  const BandSpace space = band_space({}, 1.5);
  const core::Volume image = textured(grid, 6);
  core::Context three;
  three.threads = 3;
  EXPECT_EQ(encode(image, mask, space, {}).values, encode(image, mask, space, three).values);
}

TEST(Bands, ColumnsFollowTheWorldNotTheStorageOrder) {
  // The same anatomy stored with x and z swapped: rows agree voxel by voxel.
  const core::Grid grid = cube(20, 1.5);
  const core::Mask mask = ball(grid, 0.8);
  const core::Volume image = textured(grid, 7);
  core::Grid turned;
  turned.size = {grid.size[2], grid.size[1], grid.size[0]};
  turned.world_from_voxel.matrix = {0, 0, 1.5, 0, 1.5, 0, 1.5, 0, 0};
  turned.world_from_voxel.offset = grid.world_from_voxel.offset;
  core::Volume image2(turned);
  core::Mask mask2(turned);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        image2.at(k, j, i) = image.at(i, j, k);
        mask2.voxels[turned.index(k, j, i)] = mask.voxels[grid.index(i, j, k)];
      }
    }
  }
  const BandSpace space = band_space({}, 1.5);
  const BandRows a = encode(image, mask, space, {});
  const BandRows b = encode(image2, mask2, space, {});
  const auto d = static_cast<std::size_t>(a.dims);
  std::vector<std::size_t> row_of(image2.voxels.size());
  for (std::size_t r = 0; r < b.rows(); ++r) row_of[b.voxels[r]] = r;
  for (std::size_t r = 0; r < a.rows(); ++r) {
    const auto n = static_cast<std::int64_t>(a.voxels[r]);
    const std::int64_t i = n % grid.size[0];
    const std::int64_t j = (n / grid.size[0]) % grid.size[1];
    const std::int64_t k = n / (grid.size[0] * grid.size[1]);
    const std::size_t other = row_of[turned.index(k, j, i)];
    for (std::size_t c = 0; c < d; ++c)
      ASSERT_NEAR(a.values[r * d + c], b.values[other * d + c], 2e-5F) << "column " << c;
  }
}

TEST(Bands, ScalesFinerThanTheVoxelAreLeftOut) {
  EXPECT_EQ(band_space({}, 1.0).sd_mm.size(), 4U);
  EXPECT_EQ(band_space({}, 1.5).sd_mm.size(), 4U);
  EXPECT_EQ(band_space({}, 3.0).sd_mm.size(), 3U);
  EXPECT_EQ(band_space({}, 1.5).names().size(), static_cast<std::size_t>(band_space({}, 1.5).dims()));
  EXPECT_THROW((void)band_space({}, 50.0), core::Error);
  BandOptions falling;
  falling.sd_mm = {2.0, 1.0};
  EXPECT_THROW((void)band_space(falling, 1.0), core::Error);
}

TEST(Bands, EmptyMaskAndOtherGridsAreRefused) {
  const core::Grid grid = cube(10, 1.5);
  const BandSpace space = band_space({}, 1.5);
  EXPECT_THROW((void)encode(core::Volume(grid), core::Mask(grid), space, {}), core::Error);
  EXPECT_THROW((void)encode(core::Volume(grid), core::Mask(cube(11, 1.5), true), space, {}), core::Error);
}

TEST(Bands, ScaleAndWeights) {
  const std::vector<float> values{1, 10, 3, 30, 5, 50};
  const ColumnScale scale = fit_scale(values, 2);
  EXPECT_DOUBLE_EQ(scale.mean[0], 3.0);
  EXPECT_DOUBLE_EQ(scale.sd[1], 20.0);
  BandSpace space;
  space.sd_mm = {1.0};
  const std::vector<double> whitened = cost_weights(scale, space, 1.0);
  EXPECT_NEAR(whitened[0] * scale.sd[0] * scale.sd[0], 1.0, 1e-12);
  EXPECT_NEAR(whitened[1] * scale.sd[1] * scale.sd[1], 1.0, 1e-12);
  const std::vector<double> raw = cost_weights(scale, space, 0.0);
  EXPECT_NEAR(raw[0], raw[1], 1e-12);
  const std::vector<double> half = cost_weights(scale, space, 0.5);
  EXPECT_NEAR(half[0] / half[1], 10.0, 1e-12);
}

}  // namespace
}  // namespace isoscan::features
