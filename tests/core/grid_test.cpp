#include "isoscan/core/grid.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

namespace isoscan::core {
namespace {

Affine oblique() {
  Affine a;
  a.matrix = {0.9, -0.2, 0.1, 0.3, 1.1, -0.4, -0.05, 0.2, 2.0};
  a.offset = {-10, 20, 5};
  return a;
}

TEST(Affine, TimesItsInverseIsTheIdentity) {
  const Affine both = oblique() * oblique().inverse();
  const Affine one;
  for (std::size_t n = 0; n < 9; ++n) EXPECT_NEAR(both.matrix[n], one.matrix[n], 1e-12);
  for (std::size_t n = 0; n < 3; ++n) EXPECT_NEAR(both.offset[n], 0.0, 1e-12);
}

TEST(Affine, ComposesAsFunctionsDo) {
  const Affine a = oblique();
  const Affine b = oblique().inverse() * oblique() * oblique();
  const Vec3 x{1.5, -2, 7};
  const Vec3 once = (a * b)(x);
  const Vec3 twice = a(b(x));
  for (std::size_t n = 0; n < 3; ++n) EXPECT_NEAR(once[n], twice[n], 1e-12);
}

TEST(Affine, SingularHasNoInverse) {
  Affine a;
  a.matrix[8] = 0.0;
  EXPECT_THROW((void)a.inverse(), Error);
  a.matrix[8] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)a.inverse(), Error);
}

TEST(Grid, SaysWhatIsWrong) {
  Grid grid;
  EXPECT_STREQ(grid.problem(), "the grid is empty");
  grid.size = {4, 5, 6};
  EXPECT_STREQ(grid.problem(), "");
  grid.size = {70000, 5, 6};
  EXPECT_STRNE(grid.problem(), "");
  grid.size = {4, 5, 6};
  grid.world_from_voxel.offset[1] = std::numeric_limits<double>::infinity();
  EXPECT_STRNE(grid.problem(), "");
}

TEST(Grid, IndexRunsFastestAlongI) {
  Grid grid;
  grid.size = {3, 4, 5};
  EXPECT_EQ(grid.index(1, 0, 0), 1U);
  EXPECT_EQ(grid.index(0, 1, 0), 3U);
  EXPECT_EQ(grid.index(0, 0, 1), 12U);
  EXPECT_EQ(grid.voxel_count(), 60U);
}

TEST(Grid, WithSpacingKeepsBoxCentreAndAxes) {
  Grid grid;
  grid.size = {100, 80, 30};
  grid.world_from_voxel = oblique();
  const Grid coarse = with_spacing(grid, 1.7);
  for (const double s : coarse.spacing_mm()) EXPECT_NEAR(s, 1.7, 1e-9);
  const auto centre = [](const Grid& g) {
    return g.world_from_voxel({0.5 * static_cast<double>(g.size[0] - 1),
                               0.5 * static_cast<double>(g.size[1] - 1),
                               0.5 * static_cast<double>(g.size[2] - 1)});
  };
  for (std::size_t a = 0; a < 3; ++a) {
    EXPECT_NEAR(centre(grid)[a], centre(coarse)[a], 1e-9);
    EXPECT_NEAR(static_cast<double>(grid.size[a]) * grid.spacing_mm()[a],
                static_cast<double>(coarse.size[a]) * 1.7, 1.7);
  }
}

}  // namespace
}  // namespace isoscan::core
