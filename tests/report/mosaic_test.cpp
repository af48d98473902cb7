#include "isoscan/report/mosaic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "made_scan.hpp"

namespace isoscan::report {
namespace {

/// All axis orders with all directions.
template <typename Check>
void for_all_48(Check&& check) {
  std::array<int, 3> order{0, 1, 2};
  do {
    for (int bits = 0; bits < 8; ++bits) {
      check(order, std::array<bool, 3>{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0});
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

/// Brain of level 0.3 with a bright ball of 12 mm at the place, in LPS millimetres.
core::Volume with_marker(const core::Grid& grid, const core::Vec3& place) {
  core::Volume volume(grid);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const core::Vec3 w =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const bool brain = std::hypot(w[0] / 30, w[1] / 40, w[2] / 28) < 1.0;
        const bool marker = std::hypot(w[0] - place[0], w[1] - place[1], w[2] - place[2]) < 7.0;
        volume.at(i, j, k) = marker ? 1.3F : brain ? 0.3F : 0.0F;
      }
    }
  }
  return volume;
}

struct Spot {
  double x = 0.0;  ///< 0 left .. 1 right
  double y = 0.0;  ///< 0 top .. 1 bottom
  int pixels = 0;
};

/// Where the bright pixels of all slices of a plane lie on average.
Spot spot(const core::Volume& volume, Plane plane) {
  const core::Mask brain = core::above(volume, 0.1F);
  Spot found;
  for (const Slice& slice : choose_slices(volume.grid, brain, plane, {9, 0.0, 8.0})) {
    const Picture picture = grey_slice(volume, slice);
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        if (picture.at(x, y) < 200) continue;
        found.x += x / (picture.width - 1.0);
        found.y += y / (picture.height - 1.0);
        ++found.pixels;
      }
    }
  }
  found.x /= std::max(1, found.pixels);
  found.y /= std::max(1, found.pixels);
  return found;
}

TEST(Mosaic, EveryAxisOrderComesOutUprightInRadiologicalConvention) {
  // At the patient's left, front and top at once: one wrong flip in any plane moves the spot.
  const core::Vec3 place{14, -18, 12};
  int orders = 0;
  for_all_48([&](const std::array<int, 3>& order, const std::array<bool, 3>& reversed) {
    const core::Grid grid = test::grid_of(order, reversed, {80, 100, 76}, {2, 2, 2});
    const core::Volume volume = with_marker(grid, place);
    const Spot axial = spot(volume, Plane::Axial);
    const Spot coronal = spot(volume, Plane::Coronal);
    const Spot sagittal = spot(volume, Plane::Sagittal);
    ASSERT_GT(axial.pixels, 10);
    ASSERT_GT(coronal.pixels, 10);
    ASSERT_GT(sagittal.pixels, 10);
    EXPECT_GT(axial.x, 0.6) << "patient left is on the right side";
    EXPECT_LT(axial.y, 0.4) << "front is up";
    EXPECT_GT(coronal.x, 0.6) << "patient left is on the right side";
    EXPECT_LT(coronal.y, 0.4) << "head is up";
    EXPECT_LT(sagittal.x, 0.4) << "nose points to the left";
    EXPECT_LT(sagittal.y, 0.4) << "head is up";
    ++orders;
  });
  EXPECT_EQ(orders, 48);
}

TEST(Mosaic, EveryAxisOrderGivesTheSamePicture) {
  const core::Vec3 place{14, -18, 12};
  std::vector<std::vector<std::uint8_t>> expected;
  for_all_48([&](const std::array<int, 3>& order, const std::array<bool, 3>& reversed) {
    const core::Volume volume = with_marker(test::grid_of(order, reversed, {82, 98, 74}, {2, 2, 2}), place);
    std::vector<std::vector<std::uint8_t>> pictures;
    for (const Plane plane : kPlanes) {
      for (const Slice& slice : choose_slices(volume.grid, core::above(volume, 0.1F), plane, {1, 2.0, 8.0})) {
        pictures.push_back(grey_slice(volume, slice).pixels);
        EXPECT_EQ(slice.left, plane == Plane::Sagittal ? "A" : "R");
        EXPECT_EQ(slice.right, plane == Plane::Sagittal ? "P" : "L");
        EXPECT_EQ(slice.top, plane == Plane::Axial ? "A" : "S");
        EXPECT_EQ(slice.bottom, plane == Plane::Axial ? "P" : "I");
      }
    }
    if (expected.empty()) expected = pictures;
    // An odd number of voxels has one middle slice, whichever way it is counted.
    EXPECT_EQ(pictures, expected);
  });
}

TEST(Mosaic, ThickSlicesKeepTheSameScaleInBothDirections) {
  // A ball on voxels of 1 x 1 x 4 mm stays a ball in the coronal picture.
  const core::Grid grid = test::grid_of({0, 1, 2}, {false, false, false}, {80, 80, 80}, {1, 1, 4});
  core::Volume volume(grid);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const core::Vec3 w =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        volume.at(i, j, k) = std::hypot(w[0], w[1], w[2]) < 30.0 ? 1.0F : 0.0F;
      }
    }
  }
  const std::vector<Slice> slices = choose_slices(grid, core::Mask{}, Plane::Coronal, {1, 0.0, 0.0});
  ASSERT_EQ(slices.size(), 1U);
  EXPECT_NEAR(std::hypot(slices[0].right_mm[0], slices[0].right_mm[1], slices[0].right_mm[2]),
              std::hypot(slices[0].down_mm[0], slices[0].down_mm[1], slices[0].down_mm[2]), 1e-9);
  const Picture picture = grey_slice(volume, slices[0], {0.0, 1.0});
  int widest = 0;
  int tallest = 0;
  for (int y = 0; y < picture.height; ++y) {
    int run = 0;
    for (int x = 0; x < picture.width; ++x) run += picture.at(x, y) > 127 ? 1 : 0;
    widest = std::max(widest, run);
  }
  for (int x = 0; x < picture.width; ++x) {
    int run = 0;
    for (int y = 0; y < picture.height; ++y) run += picture.at(x, y) > 127 ? 1 : 0;
    tallest = std::max(tallest, run);
  }
  EXPECT_NEAR(widest, 60, 2);
  EXPECT_NEAR(tallest, 60, 4);
}

TEST(Mosaic, ObliqueGridsAreLabelledWithTwoLetters) {
  const double c = std::cos(30.0 * std::numbers::pi / 180.0);
  const double s = std::sin(30.0 * std::numbers::pi / 180.0);
  core::Grid grid;
  grid.size = {40, 40, 40};
  grid.world_from_voxel.matrix = {c, -s, 0, s, c, 0, 0, 0, 1};  // turned about the head-feet axis
  const std::vector<Slice> slices = choose_slices(grid, core::Mask{}, Plane::Axial, {1, 0.0, 0.0});
  EXPECT_EQ(slices.at(0).right, "LP");
  EXPECT_EQ(slices.at(0).left, "RA");
  EXPECT_EQ(slices.at(0).top, "AL");
}

TEST(Mosaic, SlicesAreVoxelSlicesAndShowTheirValuesUnchanged) {
  const core::Grid grid = test::grid_of({2, 0, 1}, {true, false, true}, {60, 70, 50}, {1, 1, 1});
  core::Volume volume(grid);
  core::Random random(3);
  for (float& value : volume.voxels) value = static_cast<float>(random.uniform());
  std::vector<float> sorted = volume.voxels;
  std::sort(sorted.begin(), sorted.end());
  for (const Plane plane : kPlanes) {
    for (const Slice& slice : choose_slices(grid, core::Mask{}, plane)) {
      for (const float value : sample(volume, slice)) {
        ASSERT_TRUE(std::binary_search(sorted.begin(), sorted.end(), value)) << "interpolated between voxels";
      }
    }
  }
}

TEST(Mosaic, AMaskOnAnotherGridCropsTheSamePlace) {
  const core::Grid grid = test::grid_of({0, 1, 2}, {false, false, false}, {90, 90, 90}, {1, 1, 1});
  const core::Grid coarse = test::grid_of({2, 1, 0}, {true, false, true}, {90, 90, 90}, {3, 3, 3});
  const auto ball = [](const core::Grid& on) {
    core::Mask mask(on);
    for (std::int64_t k = 0; k < on.size[2]; ++k) {
      for (std::int64_t j = 0; j < on.size[1]; ++j) {
        for (std::int64_t i = 0; i < on.size[0]; ++i) {
          const core::Vec3 w =
              on.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
          mask.voxels[on.index(i, j, k)] = std::hypot(w[0] - 10, w[1], w[2]) < 25 ? 1 : 0;
        }
      }
    }
    return mask;
  };
  const Slice fine = choose_slices(grid, ball(grid), Plane::Axial).front();
  const Slice other = choose_slices(grid, ball(coarse), Plane::Axial).front();
  EXPECT_NEAR(fine.origin_mm[0], other.origin_mm[0], 4.0);
  EXPECT_NEAR(fine.width, other.width, 6);
  EXPECT_LT(fine.width, 80);
}

TEST(Mosaic, TheWindowEndsAtBlackAndWhite) {
  core::Grid grid;
  grid.size = {3, 3, 3};
  core::Volume volume(grid, 1.3F);
  const Slice slice = choose_slices(grid, core::Mask{}, Plane::Axial, {1, 0.0, 0.0}).front();
  EXPECT_EQ(grey_slice(volume, slice).at(1, 1), 255);
  volume = core::Volume(grid, 9.0F);
  EXPECT_EQ(grey_slice(volume, slice).at(1, 1), 255);
  volume = core::Volume(grid, -1.0F);
  EXPECT_EQ(grey_slice(volume, slice).at(1, 1), 0);
  volume = core::Volume(grid, std::nanf(""));
  EXPECT_EQ(grey_slice(volume, slice).at(1, 1), 0);
  volume = core::Volume(grid, 0.65F);
  EXPECT_NEAR(grey_slice(volume, slice).at(1, 1), 127, 1);
}

TEST(Mosaic, ChangeColoursAreBlackAtZeroBlueBelowOrangeAbove) {
  core::Grid grid;
  grid.size = {3, 3, 3};
  const Slice slice = choose_slices(grid, core::Mask{}, Plane::Axial, {1, 0.0, 0.0}).front();
  const auto colour = [&](float value) {
    const Picture picture = change_slice(core::Volume(grid, value), slice, 0.1);
    return picture.palette[picture.at(1, 1)];
  };
  EXPECT_EQ(colour(0.0F), (Rgba{0, 0, 0, 255}));
  EXPECT_EQ(colour(std::nanf("")), (Rgba{0, 0, 0, 255}));
  EXPECT_GT(colour(-0.05F)[2], colour(-0.05F)[0]);
  EXPECT_GT(colour(0.05F)[0], colour(0.05F)[2]);
  EXPECT_EQ(colour(0.1F), colour(5.0F)) << "saturates at the scale";
  EXPECT_NE(colour(0.05F), colour(0.1F));
  // The farther from zero, the brighter: the map reads in grey, too.
  int last = -1;
  for (float value = 0.0F; value <= 0.1F; value += 0.01F) {
    const Rgba up = colour(value);
    const int light = up[0] * 2 + up[1] * 5 + up[2];
    EXPECT_GT(light, last);
    last = light;
  }
}

TEST(Mosaic, ContoursRunAlongTheEdgesOfTheTissue) {
  const core::Grid grid = test::grid_of({0, 1, 2}, {false, false, false}, {150, 190, 140}, {2, 2, 2});
  const ScanImages images = test::made_images(grid);
  const std::vector<Slice> slices = choose_slices(grid, images.brain, Plane::Axial, {1, 0.0, 8.0});
  const Picture picture = contour_slice(*images.tissue, slices[0]);
  EXPECT_EQ(picture.width, 2 * slices[0].width);
  EXPECT_EQ(picture.palette[0][3], 0) << "the ground is transparent";
  int edge_of_white = 0;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      if (picture.at(x, y) != 2) continue;
      ++edge_of_white;
      core::Vec3 w{};
      for (std::size_t a = 0; a < 3; ++a) {
        w[a] = slices[0].origin_mm[a] + slices[0].right_mm[a] * (x / 2.0 - 0.25) +
               slices[0].down_mm[a] * (y / 2.0 - 0.25);
      }
      const double outer = std::hypot(w[0] / 50, w[1] / 70, w[2] / 46);
      const double ventricle = std::hypot(w[0] / 12, w[1] / 24, w[2] / 12);
      EXPECT_TRUE(std::abs(outer - 1.0) < 0.07 || std::abs(ventricle - 1.0) < 0.25) << x << " " << y;
    }
  }
  EXPECT_GT(edge_of_white, 100);
}

TEST(Mosaic, PicturesStandSideBySide) {
  Picture a(2, 3, PixelKind::Grey);
  Picture b(4, 1, PixelKind::Grey);
  a.at(1, 2) = 7;
  b.at(3, 0) = 9;
  const Picture both = side_by_side({a, b}, 2);
  EXPECT_EQ(both.width, 8);
  EXPECT_EQ(both.height, 3);
  EXPECT_EQ(both.at(1, 2), 7);
  EXPECT_EQ(both.at(7, 0), 9);
  EXPECT_EQ(both.at(7, 2), 0);
  EXPECT_THROW((void)side_by_side({a, Picture(1, 1, PixelKind::Rgb)}), core::Error);
}

TEST(Mosaic, ThumbnailsAreSmallEvenOfNoise) {
  const core::Grid grid = test::grid_of({2, 1, 0}, {false, true, false}, {180, 220, 180}, {1.3, 1.3, 1.3});
  core::Volume volume(grid);
  core::Random random(5);
  for (float& value : volume.voxels) value = static_cast<float>(random.uniform(0.0, 1.3));
  const Picture picture = thumbnail(volume, core::Mask{});
  EXPECT_LE(picture.width, 72);
  EXPECT_LE(picture.height, 96);
  EXPECT_GT(picture.height, 60);
  EXPECT_LT(png(thumbnail(test::made_images(grid).before, core::Mask{})).size(), 2560U);
}

TEST(Mosaic, UnusableGridsAndOptionsAreRefused) {
  EXPECT_THROW((void)choose_slices(core::Grid{}, core::Mask{}, Plane::Axial), core::Error);
  core::Grid grid;
  grid.size = {3, 3, 3};
  EXPECT_THROW((void)choose_slices(grid, core::Mask{}, Plane::Axial, {0, 0.0, 8.0}), core::Error);
  EXPECT_THROW((void)choose_slices(grid, core::Mask{}, Plane::Axial, {4, -1.0, 8.0}), core::Error);
}

TEST(HalfWidthSlice, IsBlackAtZeroAndSaturates) {
  core::Grid grid;
  grid.size = {12, 12, 12};
  core::Volume map(grid, 0.5F);
  const std::vector<Slice> slices = choose_slices(grid, {}, Plane::Axial, {});
  const Picture full = half_width_slice(map, slices.front(), 0.5);
  EXPECT_EQ(full.palette, half_width_palette());
  EXPECT_EQ(full.at(full.width / 2, full.height / 2), half_width_palette().size() - 1);
  EXPECT_EQ(half_width_slice(map, slices.front(), 0.1).pixels, full.pixels);
  const Picture none = half_width_slice(core::Volume(grid), slices.front(), 0.5);
  EXPECT_EQ(none.palette.at(none.at(none.width / 2, none.height / 2)), (Rgba{0, 0, 0, 255}));
  EXPECT_THROW((void)half_width_slice(map, slices.front(), 0.0), core::Error);
}

}  // namespace
}  // namespace isoscan::report
