#include "isoscan/harmonize/measure_ranges.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "made_range.hpp"

namespace isoscan::harmonize {
namespace {

// 1, 2, 6: mean 3, squares 4 + 1 + 9 over two.
TEST(MeasureRanges, AreMeanSdLeastMostAndHowMany) {
  EXPECT_EQ(range_of({1.0, 2.0, 6.0}), (domain::Range{3.0, std::sqrt(7.0), 1.0, 6.0, 3}));
  EXPECT_EQ(range_of({-2.5}), (domain::Range{-2.5, 0.0, -2.5, -2.5, 1}));
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
