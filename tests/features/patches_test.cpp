#include "isoscan/features/patches.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "made_image.hpp"

namespace isoscan::features {
namespace {

std::vector<float> all_rows(const PatchRows& patches) {
  const auto dims = static_cast<std::size_t>(patches.dims());
  std::vector<float> rows(patches.voxels().size() * dims);
  for (std::size_t r = 0; r < patches.voxels().size(); ++r)
    patches.row(patches.voxels()[r], rows.data() + r * dims);
  return rows;
}

/// Neighbours in a ball.
int neighbours(int square) {
  int count = 0;
  for (int z = -6; z <= 6; ++z) {
    for (int y = -6; y <= 6; ++y) {
      for (int x = -6; x <= 6; ++x) count += x * x + y * y + z * z <= square ? 1 : 0;
    }
  }
  return count;
}

TEST(Patches, HaveTheDimensionsOfTheirSpace) {
  EXPECT_EQ(PatchSpace{}.dims(), 81 + 4 + 3);
  EXPECT_EQ((PatchSpace{1, {2.0}}).dims(), 7 + 1 + 3);
  for (const int square : {1, 2, 3, 5, 9, 36})
    EXPECT_EQ((PatchSpace{square, {1.0, 2.0}}).dims(), neighbours(square) + 2 + 3);
  const core::Grid grid = cube(14, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  const PatchRows patches(textured(grid, 1), mask, {}, {});
  EXPECT_EQ(patches.dims(), PatchSpace{}.dims());
  ASSERT_EQ(patches.voxels().size(), mask.count());
  for (std::size_t r = 0; r < patches.voxels().size(); ++r) {
    ASSERT_NE(mask.voxels[patches.voxels()[r]], 0);
    if (r == 0) continue;
    ASSERT_LT(patches.voxels()[r - 1], patches.voxels()[r]);
  }
}

TEST(Patches, TheMiddleOfTheNeighboursIsTheVoxelItself) {
  const core::Grid grid = cube(16, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  const core::Volume image = textured(grid, 2);
  for (const int square : {1, 6}) {
    const PatchSpace space{square, {1.4, 2.8}};
    const PatchRows patches(image, mask, space, {});
    const auto middle = static_cast<std::size_t>(neighbours(square) / 2);
    std::vector<float> row(static_cast<std::size_t>(space.dims()));
    for (const std::size_t voxel : patches.voxels()) {
      patches.row(voxel, row.data());
      ASSERT_EQ(row[middle], image.voxels[voxel]);
    }
  }
}

/// Of an image that rises along one world axis the neighbours one step towards +x, +y, +z are known.
TEST(Patches, NeighboursLieAlongTheWorldsAxes) {
  const core::Grid grid = cube(13, 1.5);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    core::Volume ramp(grid);
    for (std::size_t n = 0; n < ramp.voxels.size(); ++n) {
      const auto at = static_cast<std::int64_t>(n);
      const core::Index3 index{at % grid.size[0], at / grid.size[0] % grid.size[1],
                               at / (grid.size[0] * grid.size[1])};
      ramp.voxels[n] = static_cast<float>(index[axis]);
    }
    for (const Order& order : other_orders()) {
      const Turned turned(grid, order);
      const PatchRows patches(turned(ramp), core::Mask(turned.grid, true), {1, {2.0}}, {});
      std::size_t middle = 0;
      for (std::size_t n = 0; n < turned.from.size(); ++n) {
        if (turned.from[n] == grid.index(6, 7, 5)) middle = n;
      }
      std::array<float, 11> row{};
      patches.row(middle, row.data());
      const std::array<std::size_t, 3> before{2, 1, 0};  // -x, -y, -z of -z -y -x 0 +x +y +z
      const std::array<std::size_t, 3> after{4, 5, 6};
      for (std::size_t a = 0; a < 3; ++a) {
        EXPECT_EQ(row[after[a]] - row[3], a == axis ? 1.0F : 0.0F);
        EXPECT_EQ(row[before[a]] - row[3], a == axis ? -1.0F : 0.0F);
      }
    }
  }
}

TEST(Patches, AConstantImageHasConstantRows) {
  const core::Grid grid = cube(20, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  const PatchRows patches(core::Volume(grid, 0.75F), mask, {}, {});
  const std::vector<float> rows = all_rows(patches);
  const auto dims = static_cast<std::size_t>(patches.dims());
  for (std::size_t n = 0; n < rows.size(); ++n) {
    if (n % dims + 3 >= dims) continue;  // where in the head
    ASSERT_NEAR(rows[n], 0.75F, 1e-5F) << "column " << n % dims;
  }
}

TEST(Patches, HeadColumnsHaveMeanZeroAndSdOne) {
  const core::Grid grid = cube(20, 1.5);
  const PatchRows patches(textured(grid, 3), ball(grid, 0.8), {}, {});
  const std::vector<float> rows = all_rows(patches);
  const auto dims = static_cast<std::size_t>(patches.dims());
  for (std::size_t c = dims - 3; c < dims; ++c) {
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t r = 0; r * dims < rows.size(); ++r) {
      const double v = rows[r * dims + c];
      sum += v;
      squares += v * v;
    }
    const auto count = static_cast<double>(rows.size() / dims);
    EXPECT_NEAR(sum / count, 0.0, 1e-5);
    EXPECT_NEAR(squares / count, 1.0, 1e-4);
  }
}

TEST(Patches, NothingOutsideTheMaskLeaksIn) {
  const core::Grid grid = cube(20, 1.5);
  const core::Mask mask = ball(grid, 0.7);
  const core::Volume image = textured(grid, 4);
  for (const float outside : {1e6F, std::nanf("")}) {
    core::Volume other = image;
    for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
      if (mask.voxels[n] == 0) other.voxels[n] = outside;
    }
    EXPECT_EQ(all_rows(PatchRows(image, mask, {}, {})), all_rows(PatchRows(other, mask, {}, {})));
  }
}

/// A mask that reaches the grid's faces is continued beyond them too.
TEST(Patches, TheGridsFacesAreAnEdgeLikeAnyOther) {
  const core::Grid small = cube(9, 1.5);
  core::Grid large = small;
  for (std::size_t a = 0; a < 3; ++a) large.size[a] += 6;
  large.world_from_voxel.offset = small.world_from_voxel({-3, -3, -3});
  const core::Volume image = textured(small, 5);
  core::Volume around(large, 7.0F);
  core::Mask inside(large);
  for (std::int64_t k = 0; k < small.size[2]; ++k) {
    for (std::int64_t j = 0; j < small.size[1]; ++j) {
      for (std::int64_t i = 0; i < small.size[0]; ++i) {
        around.at(i + 3, j + 3, k + 3) = image.at(i, j, k);
        inside.voxels[large.index(i + 3, j + 3, k + 3)] = 1;
      }
    }
  }
  EXPECT_EQ(all_rows(PatchRows(image, core::Mask(small, true), {}, {})),
            all_rows(PatchRows(around, inside, {}, {})));
}

TEST(Patches, RowsFollowTheWorldNotTheStorageOrder) {
  const core::Grid grid = cube(16, 1.5);
  const core::Mask mask = ball(grid, 0.8);
  const core::Volume image = textured(grid, 6);
  const PatchRows straight(image, mask, {}, {});
  const auto dims = static_cast<std::size_t>(straight.dims());
  std::vector<float> a(dims);
  std::vector<float> b(dims);
  for (const Order& order : other_orders()) {
    const Turned turned(grid, order);
    const PatchRows other(turned(image), turned(mask), {}, {});
    ASSERT_EQ(other.voxels().size(), straight.voxels().size());
    for (const std::size_t voxel : other.voxels()) {
      straight.row(turned.from[voxel], a.data());
      other.row(voxel, b.data());
      for (std::size_t c = 0; c < dims; ++c) ASSERT_NEAR(a[c], b[c], 2e-5F) << "column " << c;
    }
  }
}

TEST(Patches, ThreadsDoNotChangeBits) {
  const core::Grid grid = cube(18, 1.5);
  const core::Mask mask = ball(grid, 0.9);
  const core::Volume image = textured(grid, 7);
  core::Context three;
  three.threads = 3;
  EXPECT_EQ(all_rows(PatchRows(image, mask, {}, {})), all_rows(PatchRows(image, mask, {}, three)));
}

TEST(Patches, WhatCannotBeIsRefused) {
  const core::Grid grid = cube(10, 1.5);
  const auto kind_of = [](const core::Volume& image, const core::Mask& mask, const PatchSpace& space) {
    try {
      (void)PatchRows(image, mask, space, {});
    } catch (const core::Error& error) {
      return error.kind();
    }
    return core::ErrorKind::Internal;
  };
  EXPECT_EQ(kind_of(core::Volume(grid), core::Mask(grid), {}), core::ErrorKind::Input);
  EXPECT_EQ(kind_of(core::Volume(grid), core::Mask(cube(11, 1.5), true), {}), core::ErrorKind::Geometry);
  for (const PatchSpace& space :
       {PatchSpace{0, {1.0}}, PatchSpace{37, {1.0}}, PatchSpace{6, {}}, PatchSpace{6, {0.0}},
        PatchSpace{6, {2.0, 1.0}}, PatchSpace{6, {41.0}}, PatchSpace{6, {std::nan("")}}})
    EXPECT_EQ(kind_of(core::Volume(grid), core::Mask(grid, true), space), core::ErrorKind::Config);
}

}  // namespace
}  // namespace isoscan::features
