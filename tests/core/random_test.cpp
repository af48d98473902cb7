#include "isoscan/core/random.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace isoscan::core {
namespace {

TEST(Random, SameSeedAndStreamSameNumbers) {
  Random a(7, "bias");
  Random b(7, "bias");
  Random other_stream(7, "noise");
  Random other_seed(8, "bias");
  const auto first = a();
  EXPECT_EQ(first, b());
  EXPECT_NE(first, other_stream());
  EXPECT_NE(first, other_seed());
}

TEST(Random, MomentsAreThoseOfTheDistributions) {
  Random random(1);
  const int count = 200000;
  double sum = 0;
  double square = 0;
  double fourth = 0;
  double uniform = 0;
  for (int n = 0; n < count; ++n) {
    const double z = random.normal();
    sum += z;
    square += z * z;
    fourth += z * z * z * z;
    const double u = random.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    uniform += u;
  }
  // Five standard errors each.
  EXPECT_NEAR(sum / count, 0.0, 5.0 / std::sqrt(count));
  EXPECT_NEAR(square / count, 1.0, 5.0 * std::sqrt(2.0 / count));
  EXPECT_NEAR(fourth / count, 3.0, 5.0 * std::sqrt(96.0 / count));
  EXPECT_NEAR(uniform / count, 0.5, 5.0 * std::sqrt(1.0 / 12 / count));
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
  Random random(3);
  std::set<std::uint64_t> seen;
  for (int n = 0; n < 1000; ++n) {
    const auto v = random.below(7);
    ASSERT_LT(v, 7U);
    seen.insert(v);
  }
  EXPECT_EQ(seen.size(), 7U);
}

}  // namespace
}  // namespace isoscan::core
