// Laws of the distances: closed forms between shifted samples, nulls that behave as nulls.
#include "isoscan/quality/distance.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::quality {
namespace {

Samples gaussian_cloud(std::size_t rows, std::size_t dimensions, std::uint64_t seed, double shift = 0.0,
                       double sd = 1.0) {
  core::Random random(seed);
  Samples s;
  s.dimensions = dimensions;
  for (std::size_t n = 0; n < rows * dimensions; ++n) {
    s.values.push_back(static_cast<float>(shift + sd * random.normal()));
  }
  return s;
}

Samples shifted(Samples s, const std::vector<float>& by) {
  for (std::size_t n = 0; n < s.values.size(); ++n) s.values[n] += by[n % s.dimensions];
  return s;
}

TEST(Distance, WassersteinOnALine) {
  EXPECT_EQ(wasserstein({3, 1, 2}, {2, 3, 1}), 0.0);
  EXPECT_NEAR(wasserstein({0, 1, 2}, {5, 6, 7}), 5.0, 1e-12);
  EXPECT_NEAR(wasserstein({0, 1, 2}, {5, 6, 7}, 2), 5.0, 1e-12);
  // Unequal counts: the half of a sits 1 away, the other 3 away.
  EXPECT_NEAR(wasserstein({0, 2}, {-1}), 2.0, 1e-12);
  EXPECT_NEAR(wasserstein({0, 2}, {-1}, 2), std::sqrt(5.0), 1e-12);
  // Repeating every value changes nothing.
  EXPECT_NEAR(wasserstein({0, 1, 5}, {0, 0, 2, 2, 3, 3, 9, 9}), wasserstein({0, 0, 1, 1, 5, 5}, {0, 2, 3, 9}),
              1e-12);
  EXPECT_THROW((void)wasserstein({}, {1}), core::Error);
  EXPECT_THROW((void)wasserstein({1}, {1}, 3), core::Error);
}

TEST(Distance, GaussiansOfOtherWidth) {
  // W2 between N(0, 1) and N(1, 4) is sqrt(1 + 1).
  const Samples a = gaussian_cloud(200000, 1, 1);
  const Samples b = gaussian_cloud(150000, 1, 2, 1.0, 2.0);
  EXPECT_NEAR(wasserstein(a.values, b.values, 2), std::sqrt(2.0), 0.02);
}

TEST(Distance, HistogramsMovedByBins) {
  EXPECT_EQ(histogram_wasserstein({1, 2, 1, 0}, {2, 4, 2, 0}, 0.5), 0.0);  // only the shape counts
  EXPECT_NEAR(histogram_wasserstein({1, 2, 1, 0, 0}, {0, 0, 1, 2, 1}, 0.5), 1.0, 1e-12);
  EXPECT_THROW((void)histogram_wasserstein({1}, {1, 2}, 1.0), core::Error);
  EXPECT_THROW((void)histogram_wasserstein({0, 0}, {1, 2}, 1.0), core::Error);
  EXPECT_THROW((void)histogram_wasserstein({-1, 3}, {1, 2}, 1.0), core::Error);
}

TEST(Distance, SlicedWassersteinOfAShiftIsTheShift) {
  for (const std::size_t d : {std::size_t{1}, std::size_t{3}, std::size_t{16}}) {
    const Samples a = gaussian_cloud(500, d, 1);
    std::vector<float> by(d, 0.0F);
    by[0] = 3.0F;
    if (d > 1) by[1] = -4.0F;
    const double length = d > 1 ? 5.0 : 3.0;
    SlicedOptions options;
    EXPECT_NEAR(sliced_wasserstein(a, shifted(a, by), options), length, 1e-4) << d;
    options.order = 1;
    options.projections = 4096;
    EXPECT_NEAR(sliced_wasserstein(a, shifted(a, by), options), length, 0.05 * length) << d;
    EXPECT_EQ(sliced_wasserstein(a, a, options), 0.0);
  }
}

TEST(Distance, SlicedWassersteinOfGaussians) {
  const Samples a = gaussian_cloud(20000, 4, 1);
  const Samples b = shifted(gaussian_cloud(15000, 4, 2), {1.0F, 1.0F, 1.0F, 1.0F});
  EXPECT_NEAR(sliced_wasserstein(a, b), 2.0, 0.06);
  EXPECT_EQ(sliced_wasserstein(a, b), sliced_wasserstein(b, a));
  EXPECT_LT(sliced_wasserstein(a, gaussian_cloud(20000, 4, 3)), 0.06);
}

TEST(Distance, MmdIsZeroOnAverageForEqualDistributions) {
  double sum = 0.0;
  bool negative = false;
  for (std::uint64_t s = 0; s < 40; ++s) {
    const double v = mmd_squared(gaussian_cloud(100, 3, 2 * s), gaussian_cloud(120, 3, 2 * s + 1));
    sum += v / 40.0;
    negative = negative || v < 0.0;
  }
  EXPECT_NEAR(sum, 0.0, 0.001);
  EXPECT_TRUE(negative);  // unbiased: it must go below zero at times
}

TEST(Distance, MmdOfShiftedGaussiansHasItsClosedForm) {
  // E k(x, x') = (s^2 / (s^2 + 2))^(d/2) for unit Gaussians; a shift m multiplies by exp(-m^2 / (2 (s^2 +
  // 2))).
  MmdOptions options;
  options.bandwidth = 1.0;
  options.most_rows = 3000;
  const Samples a = gaussian_cloud(3000, 1, 1);
  const Samples b = gaussian_cloud(3000, 1, 2, 1.5);
  const double same = std::sqrt(1.0 / 3.0);
  const double expected = 2.0 * same * (1.0 - std::exp(-1.5 * 1.5 / 6.0));
  EXPECT_NEAR(mmd_squared(a, b, options), expected, 0.02);
  EXPECT_GT(mmd_squared(a, b), 0.1);  // the median heuristic sees it too
}

TEST(Distance, RefusesWhatCannotBeCompared) {
  const Samples a = gaussian_cloud(10, 2, 1);
  EXPECT_THROW((void)sliced_wasserstein(a, gaussian_cloud(10, 3, 1)), core::Error);
  EXPECT_THROW((void)sliced_wasserstein(a, {{}, 2}), core::Error);
  EXPECT_THROW((void)mmd_squared(a, gaussian_cloud(1, 2, 1)), core::Error);
}

TEST(Distance, NullTellsChanceFromASite) {
  const Distance sliced = [](const Samples& x, const Samples& y) { return sliced_wasserstein(x, y); };
  const Samples reference = gaussian_cloud(400, 3, 1);
  const DistanceWithNull same = with_null(reference, gaussian_cloud(300, 3, 2), sliced, 40, 7);
  EXPECT_LT(same.value, 1.3 * same.null_mean);
  EXPECT_GT(same.share_above, 0.02);
  const DistanceWithNull other = with_null(reference, gaussian_cloud(300, 3, 2, 0.5), sliced, 40, 7);
  EXPECT_GT(other.value, other.null_high);
  EXPECT_EQ(other.share_above, 0.0);
  EXPECT_EQ(with_null(reference, reference, sliced, 5, 3).null_mean,
            with_null(reference, reference, sliced, 5, 3).null_mean);
}

TEST(Distance, PeopleAreSplitNotRows) {
  // Eight people, each a tight cloud of its own: halves of people lie apart, halves of rows do not.
  core::Random random(1);
  Samples reference;
  std::vector<int> people;
  reference.dimensions = 1;
  for (int person = 0; person < 8; ++person) {
    const double centre = random.normal();
    for (int n = 0; n < 100; ++n) {
      reference.values.push_back(static_cast<float>(centre + 0.05 * random.normal()));
      people.push_back(person);
    }
  }
  const Distance sliced = [](const Samples& x, const Samples& y) { return sliced_wasserstein(x, y); };
  const double by_rows = with_null(reference, reference, sliced, 20, 1).null_mean;
  const double by_people = with_null(reference, reference, sliced, 20, 1, people).null_mean;
  EXPECT_GT(by_people, 3.0 * by_rows);
  EXPECT_THROW((void)with_null(reference, reference, sliced, 20, 1, std::vector<int>(800, 1)), core::Error);
  EXPECT_THROW((void)with_null(reference, reference, sliced, 20, 1, {1, 2}), core::Error);
}

}  // namespace
}  // namespace isoscan::quality
