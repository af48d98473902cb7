// What a page holds a scan against: ranges of the reference and of the site.
#include "quality_measures.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/random.hpp"
#include "isoscan/core/student.hpp"
#include "isoscan/harmonize/measure_ranges.hpp"

namespace isoscan::stages {
namespace {

// Mean 10, SD 2 of 16: t of 15 degrees beyond which half a percent lies is 2.9467.
TEST(Usual, IsThePredictionLimitOrWhatWasSeenWhereThatIsWider) {
  const double reach = 2.9467 * 2.0 * std::sqrt(1.0 + 1.0 / 16);
  const auto law = usual({10.0, 2.0, 7.0, 13.0, 16}, 8);
  ASSERT_TRUE(law.has_value());
  EXPECT_NEAR(law->low, 10.0 - reach, 1e-3);
  EXPECT_NEAR(law->high, 10.0 + reach, 1e-3);
  const auto seen = usual({10.0, 2.0, 2.0, 13.0, 16}, 8);
  EXPECT_EQ(seen->low, 2.0);
  EXPECT_NEAR(seen->high, 10.0 + reach, 1e-3);
}

TEST(Usual, FewPeopleTellNothing) {
  EXPECT_FALSE(usual({10.0, 2.0, 7.0, 13.0, 7}, 8).has_value());
  EXPECT_TRUE(usual({10.0, 2.0, 7.0, 13.0, 8}, 8).has_value());
  EXPECT_FALSE(usual({10.0, 2.0, 7.0, 13.0, 0}, 0).has_value()) << "not known";
  EXPECT_FALSE(usual_of_others({10.0, 2.0, 7.0, 13.0, 3}, 10.0, 3).has_value());
}

// With 8 or 30 people of one law, one further scan in a hundred lies outside.
TEST(Usual, OneInAHundredLiesOutsideByChance) {
  core::Random random(3);
  constexpr int kRuns = 20000;
  for (const int people : {8, 30}) {
    int law_outside = 0;
    int outside = 0;
    for (int n = 0; n < kRuns; ++n) {
      std::vector<std::map<std::string, double>> scans;
      for (int p = 0; p < people; ++p) scans.push_back({{"m", random.normal()}});
      const double further = random.normal();
      domain::Range seen = harmonize::ranges_of(scans).at("m");
      const auto range = usual(seen, 8);
      outside += further < range->low || further > range->high ? 1 : 0;
      seen.min = seen.max = seen.mean;
      const auto law = usual(seen, 8);
      law_outside += further < law->low || further > law->high ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(law_outside) / kRuns, 0.01, 0.0025) << people;
    EXPECT_LE(outside, law_outside) << people;
  }
}

TEST(Usual, OfTheOthersIsWhatTheyWouldSayWithoutTheScan) {
  const std::vector<double> others{1.0, 2.0, 3.0, 5.0, 4.5};
  const double own = 40.0;
  std::vector<std::map<std::string, double>> all;
  std::vector<std::map<std::string, double>> rest;
  for (const double v : others) {
    all.push_back({{"m", v}});
    rest.push_back({{"m", v}});
  }
  all.push_back({{"m", own}});
  domain::Range without = harmonize::ranges_of(rest).at("m");
  without.min = without.max = without.mean;  // the law alone
  const auto expected = usual(without, 3);
  const domain::Range with = harmonize::ranges_of(all).at("m");
  const auto found = usual_of_others(with, own, 3);
  EXPECT_NEAR(found->low, expected->low, 1e-9);
  EXPECT_NEAR(found->high, expected->high, 1e-9);
  EXPECT_GT(own, found->high) << "it is outside of the others";
  EXPECT_LE(own, usual(with, 3)->high) << "held against itself it never would be";
}

TEST(Usual, ScansThatAreAllAlikeHoldTheirLike) {
  const double value = 0.1 + 0.2;
  const auto range = usual_of_others({value, 0.0, value, value, 5}, value, 3);
  EXPECT_LE(range->low, value);
  EXPECT_GE(range->high, value);
}

TEST(Compare, SetsWhatReferenceAndSiteShow) {
  KnownScans known;
  known.reference["m"] = {10.0, 2.0, 7.0, 13.0, 16};
  known.reference["old"] = {10.0, 2.0, 7.0, 13.0, 0};
  known.site["m"] = {4.0, 1.0, 2.0, 30.0, 5};
  known.site["old"] = {4.0, 1.0, 2.0, 30.0, 0};
  report::Measure measure;
  measure.before = 4.5;
  compare(measure, "m", known);
  EXPECT_EQ(measure.reference, usual(known.reference["m"], 8));
  EXPECT_EQ(measure.reference_mean, 10.0);
  EXPECT_EQ(measure.reference_sd, 2.0);
  EXPECT_EQ(measure.reference_people, 16);
  EXPECT_EQ(measure.site, usual(known.site["m"], 3));
  EXPECT_EQ(measure.fitted, 4.0);
  EXPECT_EQ(measure.fitted_sd, 1.0);
  known.among_them = true;
  compare(measure, "m", known);
  EXPECT_EQ(measure.site, usual_of_others(known.site["m"], 4.5, 3));
  report::Measure old;
  old.before = 4.5;
  compare(old, "old", known);
  EXPECT_FALSE(old.reference.has_value()) << "of how many people is not known";
  EXPECT_FALSE(old.site.has_value()) << "measured before bias correction";
  EXPECT_FALSE(old.fitted.has_value());
  known.reference_people = 12;
  compare(old, "old", known);
  EXPECT_EQ(old.reference_people, 12);
  EXPECT_TRUE(old.reference.has_value());
  report::Measure other;
  compare(other, "no such name", known);
  EXPECT_FALSE(other.reference || other.site || other.reference_mean);
}

/// Boxes within boxes with noise, white matter = 1: 30 voxels half an edge.
preprocess::Prepared boxes(double noise) {
  core::Grid grid;
  grid.size = {60, 60, 60};
  preprocess::Prepared scan;
  scan.image = core::Volume(grid);
  scan.head = core::Mask(grid);
  scan.brain = core::Mask(grid);
  for (auto& p : scan.tissue.posterior) p = core::Volume(grid);
  core::Random random(3);
  for (std::int64_t k = 0; k < 60; ++k) {
    for (std::int64_t j = 0; j < 60; ++j) {
      for (std::int64_t i = 0; i < 60; ++i) {
        const double r = std::max({std::abs(i - 29.5), std::abs(j - 29.5), std::abs(k - 29.5)});
        const std::size_t n = grid.index(i, j, k);
        const std::size_t t = r < 10.0 ? 2 : r < 16.0 ? 1 : 0;
        double v = 0.0;
        if (r < 20.0) {
          scan.tissue.posterior[t].voxels[n] = 1.0F;
          scan.brain.voxels[n] = 1;
          v = t == 2 ? 1.0 : t == 1 ? 0.65 : 0.25;
        }
        if (r < 24.0) {
          scan.head.voxels[n] = 1;
          if (r >= 20.0) v = 1.5;
        }
        scan.image.voxels[n] =
            static_cast<float>(std::hypot(v + noise * random.normal(), noise * random.normal()));
      }
    }
  }
  return scan;
}

TEST(ImageQualityOfAScan, IsMeasuredBeforeAndAfterAlikeAndHeldAgainstTheReference) {
  const preprocess::Prepared before = boxes(0.05);
  const preprocess::Prepared after = boxes(0.025);
  KnownScans known;
  known.reference["cjv"] = {0.05, 0.04, 0.02, 0.1, 20};
  std::vector<report::Measure> measures;
  add_image_quality(measures, before, after, known);
  ASSERT_EQ(measures.size(), 15U);
  const report::Measure& cjv = measures.front();
  EXPECT_EQ(cjv.name, "CJV");
  EXPECT_NEAR(cjv.before.value(), 2 * 0.05 / 0.35, 0.01);
  EXPECT_NEAR(cjv.value.value(), 2 * 0.025 / 0.35, 0.01);
  EXPECT_EQ(cjv.reference->low, 0.0) << "never below nothing";
  EXPECT_NEAR(cjv.reference->high, 0.05 + 0.04 * core::prediction_reach(0.01, 20), 1e-9);
  EXPECT_EQ(image_quality_values(before).at("cjv"), cjv.before.value()) << "what ranges are made of";
  for (const report::Measure& measure : measures) {
    EXPECT_NE(measure.value.has_value(), !measure.not_applicable.empty()) << measure.name;
    EXPECT_FALSE(measure.explanation.empty()) << measure.name;
    if (measure.cannot_change) {
      EXPECT_EQ(measure.before, measure.value) << measure.name;
    }
    const bool of_tissue = measure.name.starts_with("Partial volume") || measure.name.starts_with("Share of");
    EXPECT_EQ(measure.cannot_change, of_tissue) << measure.name;
  }
}

TEST(ImageQualityOfAScan, WhatDoesNotApplySaysWhy) {
  preprocess::Prepared scan = boxes(0.05);
  scan.head = scan.brain;
  std::vector<report::Measure> measures;
  add_image_quality(measures, scan, scan, {});
  for (const report::Measure& measure : measures) {
    if (measure.name != "CNR" && measure.name != "EFC" && measure.name != "FBER") continue;
    EXPECT_FALSE(measure.value.has_value()) << measure.name;
    EXPECT_NE(measure.not_applicable.find("skull-stripped"), std::string::npos) << measure.name;
  }
}

TEST(Anatomy, IsHeldAgainstScansThatWereMadeForTheSite) {
  domain::SiteModel model;
  EXPECT_FALSE(OfMadeScans(model, "dice_csf").least(0.01).has_value());
  model.made_people = 6;
  model.made_ranges["dice_csf"] = {0.93, 0.01, 0.91, 0.95, 6};
  EXPECT_NEAR(OfMadeScans(model, "dice_csf").least(0.01).value(),
              0.93 - 0.01 * core::prediction_reach(0.02, 6), 1e-12);
  const preprocess::Prepared scan = boxes(0.02);
  std::vector<report::Measure> measures;
  add_anatomy(measures, scan, scan, model, {});
  ASSERT_EQ(measures.size(), 4U);
  const auto says = [&](std::size_t n, const char* words) {
    return measures[n].explanation.find(words) != std::string::npos;
  };
  EXPECT_TRUE(says(0, "In scans made for this site, whose truth is known: 0.930 (0.910 to 0.950)."));
  EXPECT_FALSE(says(0, "No limit known"));
  for (const std::size_t n : {1U, 2U, 3U}) EXPECT_TRUE(says(n, "No limit known")) << measures[n].name;
}

}  // namespace
}  // namespace isoscan::stages
