#include "isoscan/harmonize/measure_ranges.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

#include "made_range.hpp"

namespace isoscan::harmonize {
namespace {

// 1, 2, 6: mean 3, squares 4 + 1 + 9 over two.
TEST(MeasureRanges, AreMeanSdLeastMostAndHowMany) {
  EXPECT_EQ(range_of({1.0, 2.0, 6.0}), (domain::Range{3.0, std::sqrt(7.0), 1.0, 6.0, 3}));
  EXPECT_EQ(range_of({-2.5}), (domain::Range{-2.5, 0.0, -2.5, -2.5, 1}));
}

// Three people with 2, 1 and 3 scans, means 2, 4, 8: mean 14/3, variance of the means 28/3. Within: squares
// 2 + 8 with 3 degrees of freedom; their means hold (1/2 + 1 + 1/3) / 3 = 11/18 of that already.
TEST(MeasureRanges, SessionsOfOnePersonCountAsOne) {
  const std::vector<std::map<std::string, double>> scans{{{"cjv", 1.0}}, {{"cjv", 4.0}}, {{"cjv", 3.0}},
                                                         {{"cjv", 6.0}}, {{"cjv", 8.0}}, {{"cjv", 10.0}}};
  const domain::Range range = ranges_of(scans, {"a", "b", "a", "c", "c", "c"}).at("cjv");
  EXPECT_NEAR(range.mean, 14.0 / 3.0, 1e-12);
  EXPECT_NEAR(range.sd, std::sqrt(28.0 / 3.0 + 10.0 / 3.0 * 7.0 / 18.0), 1e-12);
  EXPECT_EQ(range.min, 1.0);
  EXPECT_EQ(range.max, 10.0);
  EXPECT_EQ(range.scans, 3) << "people";
  EXPECT_EQ(ranges_of(scans, {"a", "b", "c", "d", "e", "f"}), ranges_of(scans));
  EXPECT_EQ(ranges_of(scans, std::vector<std::string>(6, "a")).at("cjv").scans, 1);
  EXPECT_THROW((void)ranges_of(scans, {"a"}), core::Error);
}

// Whoever is scanned twice is no two people: 2,000 references of 4 people with two scans each.
TEST(MeasureRanges, TheSdIsThatOfOneScanOfOnePerson) {
  core::Random random(5);
  constexpr int kRuns = 2000;
  double variance = 0.0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<std::map<std::string, double>> scans;
    std::vector<std::string> people;
    for (int p = 0; p < 4; ++p) {
      const double person = 2.0 * random.normal();
      for (int s = 0; s < 2; ++s) {
        scans.push_back({{"m", person + random.normal()}});
        people.push_back("p" + std::to_string(p));
      }
    }
    variance += std::pow(ranges_of(scans, people).at("m").sd, 2.0) / kRuns;
  }
  EXPECT_NEAR(variance, 5.0, 0.25) << "4 between people and 1 within";
}

TEST(MeasureRanges, AScanThatLacksAMeasureIsLeftOutOfItAlone) {
  const auto ranges = ranges_of({{{"cjv", 1.0}, {"cnr", 4.0}}, {{"cjv", 2.0}}, {{"cjv", 6.0}, {"cnr", 8.0}}});
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges.at("cjv"), range_of({1.0, 2.0, 6.0}));
  EXPECT_EQ(ranges.at("cnr"), range_of({4.0, 8.0}));
  EXPECT_TRUE(ranges_of({}).empty());
}

}  // namespace
}  // namespace isoscan::harmonize
