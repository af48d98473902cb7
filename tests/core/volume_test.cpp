#include "isoscan/core/volume.hpp"

#include <atomic>
#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"

namespace isoscan::core {
namespace {

Grid grid_of(std::int64_t x, std::int64_t y, std::int64_t z, double mm = 1.0) {
  Grid grid;
  grid.size = {x, y, z};
  grid.world_from_voxel.matrix = {mm, 0, 0, 0, mm, 0, 0, 0, mm};
  return grid;
}

Volume random_volume(const Grid& grid) {
  Volume volume(grid);
  Random random(5);
  for (float& v : volume.voxels) v = static_cast<float>(random.normal());
  return volume;
}

TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  std::vector<float> values{4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(quantile(values, 0.0), 1.0);
  EXPECT_DOUBLE_EQ(quantile(values, 1.0), 4.0);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 2.5);
  values.clear();
  EXPECT_THROW((void)quantile(values, 0.5), Error);
}

TEST(Volume, RefusesAWrongCountAndMasksOfOtherGrids) {
  EXPECT_THROW(Volume(grid_of(2, 2, 2), std::vector<float>(7)), Error);
  EXPECT_THROW((void)values_in(Volume(grid_of(2, 2, 2)), Mask(grid_of(2, 2, 3))), Error);
}

TEST(Gaussian, KeepsConstantsAndIsTheSameForEveryThreadCount) {
  Context one;
  Context four;
  four.threads = 4;
  const Volume flat(grid_of(9, 8, 7), 3.5F);
  for (const float v : gaussian(flat, 2.0, one).voxels) EXPECT_NEAR(v, 3.5F, 1e-5F);
  const Volume noise = random_volume(grid_of(21, 17, 13));
  EXPECT_EQ(gaussian(noise, 1.3, one).voxels, gaussian(noise, 1.3, four).voxels);
}

TEST(Gaussian, AnImpulseSpreadsToTheAskedVarianceInMillimetres) {
  Volume impulse(grid_of(61, 61, 61, 0.5));
  impulse.at(30, 30, 30) = 1.0F;
  const Volume spread = gaussian(impulse, Vec3{1.0, 2.0, 0.0}, Context{});
  double sum = 0;
  Vec3 variance{};
  for (std::int64_t k = 0; k < 61; ++k) {
    for (std::int64_t j = 0; j < 61; ++j) {
      for (std::int64_t i = 0; i < 61; ++i) {
        const double v = spread.at(i, j, k);
        sum += v;
        variance[0] += v * 0.25 * static_cast<double>((i - 30) * (i - 30));
        variance[1] += v * 0.25 * static_cast<double>((j - 30) * (j - 30));
        variance[2] += v * 0.25 * static_cast<double>((k - 30) * (k - 30));
      }
    }
  }
  EXPECT_NEAR(sum, 1.0, 1e-5);
  EXPECT_NEAR(variance[0], 1.0, 0.02);
  EXPECT_NEAR(variance[1], 4.0, 0.05);
  EXPECT_NEAR(variance[2], 0.0, 1e-6);
}

TEST(GaussianIn, NothingLeaksIntoTheMask) {
  const Grid grid = grid_of(20, 20, 20);
  Mask mask(grid);
  Volume volume(grid, 1000.0F);
  for (std::int64_t k = 5; k < 15; ++k) {
    for (std::int64_t j = 5; j < 15; ++j) {
      for (std::int64_t i = 5; i < 15; ++i) {
        mask.voxels[grid.index(i, j, k)] = 1;
        volume.at(i, j, k) = 1.0F;
      }
    }
  }
  const Volume smooth = gaussian_in(volume, mask, 2.0, Context{});
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) {
      ASSERT_NEAR(smooth.voxels[n], 1.0F, 1e-5F);
    }
  }
}

TEST(Gaussian, StopsOnRequest) {
  std::stop_source source;
  Context context;
  context.stop = source.get_token();
  source.request_stop();
  try {
    (void)gaussian(Volume(grid_of(4, 4, 4)), 1.0, context);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Cancelled);
  }
}

TEST(ParallelFor, CoversEachIndexOnceAndPassesExceptionsOn) {
  std::vector<std::atomic<int>> hits(1001);
  parallel_for(1001, 3, [&](std::int64_t begin, std::int64_t end) {
    for (auto n = begin; n < end; ++n) hits[static_cast<std::size_t>(n)]++;
  });
  for (const auto& h : hits) EXPECT_EQ(h.load(), 1);
  EXPECT_THROW(parallel_for(10, 2, [](std::int64_t, std::int64_t) { throw std::runtime_error("x"); }),
               std::runtime_error);
}

class Recorder : public ProgressSink {
 public:
  void report(double fraction, const std::string& label) override {
    last = fraction;
    last_label = label;
  }
  double last = -1;
  std::string last_label;
};

TEST(Progress, SlicesNest) {
  const auto sink = std::make_shared<Recorder>();
  Context context;
  context.progress = Progress(sink);
  const Context inner = context.slice(0.5, 1.0, "fit").slice(0.0, 0.5, "");
  inner.progress.report(0.5);
  EXPECT_DOUBLE_EQ(sink->last, 0.625);
  EXPECT_EQ(sink->last_label, "fit");
}

}  // namespace
}  // namespace isoscan::core
