#include "isoscan/quality/interval.hpp"

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::quality {
namespace {

struct Made {
  core::Volume image, half_width, truth;
  core::Mask mask;
  core::TissueMaps tissue;
};

/// A cube whose upper half is white matter; the truth is off by normal noise of SD 0.1.
Made made() {
  core::Grid grid;
  grid.size = {20, 20, 20};
  Made m{
      core::Volume(grid, 1.0F), core::Volume(grid, 0.1645F), core::Volume(grid), core::Mask(grid, true), {}};
  for (auto& posterior : m.tissue.posterior) posterior = core::Volume(grid);
  core::Random random(3, "interval");
  for (std::size_t n = 0; n < m.image.voxels.size(); ++n) {
    m.truth.voxels[n] = m.image.voxels[n] + static_cast<float>(0.1 * random.normal());
    const auto t = static_cast<std::size_t>(n < m.image.voxels.size() / 2 ? 1 : 2);
    m.tissue.posterior[t].voxels[n] = 1.0F;
  }
  return m;
}

IntervalCoverage of(const Made& m) {
  return interval_coverage(m.image, m.half_width, m.truth, m.mask, m.tissue);
}

TEST(IntervalCoverage, IsTheShareThatTheNoiseSays) {
  const IntervalCoverage c = of(made());
  EXPECT_NEAR(c.all, 0.9, 0.012);
  EXPECT_NEAR(*c.tissue[1], 0.9, 0.015);
  EXPECT_NEAR(*c.tissue[2], 0.9, 0.015);
  EXPECT_FALSE(c.tissue[0]);  // there is none
  EXPECT_NEAR(c.half_width, 0.1645, 1e-6);
}

TEST(IntervalCoverage, LooksAtEachPlaceAlone) {
  Made m = made();
  for (std::size_t n = 0; n < m.image.voxels.size(); ++n) {
    m.half_width.voxels[n] = m.tissue.posterior[1].voxels[n] > 0.5F ? 9.0F : 0.0F;
  }
  const IntervalCoverage c = of(m);
  EXPECT_EQ(*c.tissue[1], 1.0);
  EXPECT_EQ(*c.tissue[2], 0.0);
  EXPECT_EQ(c.all, 0.5);
}

TEST(IntervalCoverage, EdgesAreThoseOfTheImage) {
  Made m = made();
  // Both are off by 0.2 beside the one edge; elsewhere they are equal.
  m.truth = m.image;
  for (std::int64_t j = 0; j < 20; ++j) {
    for (std::int64_t i = 0; i < 20; ++i) {
      for (std::int64_t k = 0; k < 20; ++k) {
        if (k >= 10) m.image.at(i, j, k) = m.truth.at(i, j, k) = 0.5F;
      }
      m.truth.at(i, j, 9) += 0.2F;
      m.truth.at(i, j, 10) += 0.2F;
    }
  }
  const IntervalCoverage c = of(m);
  EXPECT_EQ(c.all, 0.9);
  EXPECT_EQ(*c.edges, 0.0);  // 2 of 18 planes have a gradient: the strongest tenth lies there
}

TEST(IntervalCoverage, SaysWhatDoesNotFit) {
  Made m = made();
  m.mask = core::Mask(m.image.grid);
  EXPECT_THROW((void)of(m), core::Error);
  m = made();
  m.half_width = core::Volume(core::Grid{});
  EXPECT_THROW((void)of(m), core::Error);
}

}  // namespace
}  // namespace isoscan::quality
