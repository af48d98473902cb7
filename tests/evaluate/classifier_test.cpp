// Classifiers: chance where there is nothing, certainty where there is, and people are held out whole.
#include "isoscan/evaluate/classifier.hpp"

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::evaluate {
namespace {

/// Each person has an offset of their own, larger than what separates the sites.
std::vector<quality::Samples> people(int count, double shift, double spread, std::uint64_t seed,
                                     double own = 0.5) {
  core::Random random(seed);
  std::vector<quality::Samples> out;
  for (int p = 0; p < count; ++p) {
    quality::Samples rows;
    rows.dimensions = 4;
    const double offset = own * random.normal();
    for (int n = 0; n < 400; ++n) {
      rows.values.push_back(static_cast<float>(offset + random.normal()));
      rows.values.push_back(static_cast<float>(shift + spread * random.normal()));
      rows.values.push_back(static_cast<float>(random.normal()));
      rows.values.push_back(static_cast<float>(random.normal()));
    }
    out.push_back(std::move(rows));
  }
  return out;
}

TEST(AreaUnderCurve, CountsPairsAndTies) {
  EXPECT_DOUBLE_EQ(area_under_curve({1, 2}, {3, 4}), 1.0);
  EXPECT_DOUBLE_EQ(area_under_curve({3, 4}, {1, 2}), 0.0);
  EXPECT_DOUBLE_EQ(area_under_curve({1, 3}, {2, 3}), 0.625);
  EXPECT_DOUBLE_EQ(area_under_curve({1, 1}, {1}), 0.5);
  EXPECT_THROW((void)area_under_curve({}, {1}), core::Error);
}

TEST(Forest, LearnsAnExclusiveOrThatNoLineSeparates) {
  core::Random random(2);
  quality::Samples rows;
  rows.dimensions = 3;
  std::vector<std::uint8_t> labels;
  for (int n = 0; n < 4000; ++n) {
    const double x = random.normal();
    const double y = random.normal();
    rows.values.insert(rows.values.end(),
                       {static_cast<float>(x), static_cast<float>(y), static_cast<float>(random.normal())});
    labels.push_back((x > 0) != (y > 0) ? 1 : 0);
  }
  const Forest forest(rows, labels, {}, 7, {});
  int right = 0;
  for (int n = 0; n < 1000; ++n) {
    const std::array<float, 3> row{static_cast<float>(random.normal()), static_cast<float>(random.normal()),
                                   static_cast<float>(random.normal())};
    right += (forest.probability(row.data()) > 0.5) == ((row[0] > 0) != (row[1] > 0)) ? 1 : 0;
  }
  EXPECT_GT(right, 900);
  core::Context threads;
  threads.threads = 3;
  const Forest same(rows, labels, {}, 7, threads);
  for (int n = 0; n < 50; ++n) ASSERT_EQ(forest.probability(rows.row(n)), same.probability(rows.row(n)));
}

TEST(SeparatePatches, IsChanceBetweenEqualSitesAndSureBetweenUnequalOnes) {
  const auto equal = separate_patches(people(8, 0.0, 1.0, 3), people(8, 0.0, 1.0, 4), {}, 1, {});
  EXPECT_NEAR(equal.accuracy, 0.5, 0.06);
  EXPECT_NEAR(equal.auc, 0.5, 0.35);
  const auto shifted = separate_patches(people(8, 0.0, 1.0, 3), people(8, 1.5, 1.0, 4), {}, 1, {});
  EXPECT_NEAR(shifted.accuracy, 0.77, 0.05);  // normal distributions 1.5 apart
  EXPECT_EQ(shifted.auc, 1.0);
  // Another spread about the same mean: no linear classifier would see it.
  const auto noisier = separate_patches(people(6, 0.0, 1.0, 3), people(6, 0.0, 2.5, 4), {}, 1, {});
  EXPECT_GT(noisier.accuracy, 0.62);
  EXPECT_GT(noisier.auc, 0.95);
}

TEST(SeparatePatches, APersonSeenInTrainingIsNotJudged) {
  // Everybody is told apart by an own offset alone; a forest that saw the person would know their site.
  const auto own = separate_patches(people(8, 0.0, 1.0, 3, 30.0), people(8, 0.0, 1.0, 4, 30.0), {}, 1, {});
  EXPECT_LT(own.accuracy, 0.75);
  EXPECT_THROW((void)separate_patches(people(1, 0, 1, 3), people(3, 0, 1, 4), {}, 1, {}), core::Error);
}

TEST(SeparatePeople, WorksWithMoreColumnsThanPeople) {
  core::Random random(5);
  const auto rows = [&](int count, double shift) {
    std::vector<std::vector<double>> out;
    for (int p = 0; p < count; ++p) {
      std::vector<double> row;
      for (int c = 0; c < 20; ++c) row.push_back(100.0 * c + random.normal() + (c < 10 ? shift : 0.0));
      out.push_back(std::move(row));
    }
    return out;
  };
  const auto apart = separate_people(rows(6, 0.0), rows(9, 3.0));
  EXPECT_EQ(apart.auc, 1.0);
  EXPECT_GT(apart.accuracy, 0.9);
  double accuracy = 0.0;
  for (int n = 0; n < 20; ++n) accuracy += separate_people(rows(8, 0.0), rows(8, 0.0)).accuracy / 20.0;
  EXPECT_NEAR(accuracy, 0.45, 0.15);  // leaving one out makes chance a little pessimistic
}

}  // namespace
}  // namespace isoscan::evaluate
