#include "isoscan/domain/look.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

#include "made_models.hpp"

namespace isoscan::domain {
namespace {

/// Of so many scans; every number is `about`, give or take `sd` from scan to scan (natural logarithms).
std::vector<LevelSummary> scans(std::uint64_t seed, int count, double about, double sd) {
  core::Random random(seed, "looks");
  std::vector<LevelSummary> out;
  for (int n = 0; n < count; ++n) {
    LevelSummary l = level(1.5, 3, 0);
    for (double* v : {&l.tissue_mean[0], &l.tissue_mean[1]}) *v = std::exp(about + sd * random.normal());
    for (std::size_t b = 0; b < 3; ++b) l.feature_sd[b] = std::exp(about + sd * random.normal());
    for (std::size_t b = 3; b < 5; ++b) l.feature_mean[b] = std::exp(about + sd * random.normal());
    out.push_back(l);
  }
  return out;
}

Look look(const std::vector<LevelSummary>& levels) {
  std::vector<const LevelSummary*> all;
  for (const LevelSummary& l : levels) all.push_back(&l);
  return look_of(all);
}

TEST(Look, HoldsLogarithmsTheirMeanAndSpread) {
  std::vector<LevelSummary> two = scans(1, 2, 0.0, 0.0);
  two[0].feature_sd[1] = std::exp(0.5);
  two[1].feature_sd[1] = std::exp(-0.1);
  const Look l = look(two);
  EXPECT_EQ(l.names,
            (std::vector<std::string>{"csf", "gm", "band0", "band1", "band2", "gradient", "local_sd"}));
  EXPECT_EQ(l.scans, 2);
  EXPECT_NEAR(l.mean[3], 0.2, 1e-12);
  EXPECT_NEAR(l.sd[3], 0.6 / std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(l.mean[2], 0.0, 1e-12);
  EXPECT_TRUE(look(scans(1, 1, 0.0, 0.0)).sd.empty());
  EXPECT_THROW((void)look_of({}), core::Error);
}

TEST(Look, DistanceIsInSpreadsBetweenScans) {
  Look a = look(scans(1, 3, 0.0, 0.0));
  Look b = look(scans(1, 3, 0.3, 0.0));
  for (Look* l : {&a, &b}) l->sd.assign(7, 0.1);
  const LookSpread spread = spread_within({a, b});
  EXPECT_EQ(spread.freedom, 4);
  EXPECT_NEAR(spread.sd[0], 0.1, 1e-12);
  EXPECT_NEAR(difference(a, b, spread).distance, 3.0, 1e-9);
  EXPECT_EQ(difference(a, a, spread).distance, 0.0);
  EXPECT_EQ(difference(a, a, spread).p, 1.0);
  // t = 3 / sqrt(2 / 3) with 4 degrees of freedom: two tails hold .02132 (tables), times seven numbers
  EXPECT_NEAR(difference(a, b, spread).p, 7 * 0.02132, 2e-3);
  Look one = look(scans(1, 1, 0.3, 0.0));
  EXPECT_EQ(spread_within({one}).freedom, 0);
  EXPECT_EQ(difference(one, one, spread_within({one})).p, 1.0);
}

TEST(Look, SitesOfOneScannerAreRarelyToldApartAndOthersAre) {
  int false_alarms = 0;
  int found = 0;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    const Look a = look(scans(3 * trial, 5, 0.0, 0.1));
    const Look b = look(scans(3 * trial + 1, 5, 0.0, 0.1));
    const Look c = look(scans(3 * trial + 2, 5, 0.4, 0.1));
    const LookSpread spread = spread_within({a, b, c});
    false_alarms += difference(a, b, spread).p < 0.05 ? 1 : 0;
    found += difference(a, c, spread).p < 0.05 ? 1 : 0;
  }
  EXPECT_LE(false_alarms, 18);  // 10 of 200 wanted; 18 is beyond the 99 % of a binomial
  EXPECT_GE(found, 190);
}

TEST(LookPlane, LiesAboutTheReferenceAndKeepsDistancesOfTwoDirections) {
  const Look reference = look(scans(1, 1, 0.0, 0.0));
  Look right = reference;
  Look up = reference;
  right.mean[2] += 0.3;  // three and one spread
  up.mean[5] += 0.1;
  LookSpread spread;
  spread.sd.assign(7, 0.1);
  const LookPlane plane = look_plane({right, up, reference}, reference, spread);
  EXPECT_NEAR(plane.shown, 1.0, 1e-9);
  EXPECT_NEAR(plane.at[0][0], 3.0 / std::sqrt(7.0), 1e-9);
  EXPECT_NEAR(plane.at[0][0], difference(right, reference, spread).distance, 1e-9);
  EXPECT_NEAR(plane.at[0][1], 0.0, 1e-9);
  EXPECT_NEAR(plane.at[1][1], 1.0 / std::sqrt(7.0), 1e-9);
  EXPECT_NEAR(std::hypot(plane.at[2][0], plane.at[2][1]), 0.0, 1e-9);
}

TEST(Look, OtherNumbersAreRefused) {
  const Look a = look(scans(1, 2, 0.0, 0.1));
  Look other = a;
  other.names.back() = "x";
  EXPECT_THROW((void)spread_within({a, other}), core::Error);
  EXPECT_THROW((void)difference(a, other, spread_within({a})), core::Error);
  EXPECT_THROW((void)spread_within({}), core::Error);
  std::vector<LevelSummary> bad = scans(1, 1, 0.0, 0.1);
  bad[0].feature_sd[0] = std::nan("");
  EXPECT_THROW((void)look(bad), core::Error);
}

TEST(SiteModel, KeepsItsLook) {
  SiteModel model = site(Method::TwoPassHistogramMatch);
  model.look = look(scans(1, 2, 0.0, 0.1));
  model.scans = 2;
  EXPECT_EQ(site_model(to_tensors(model)).look, model.look);
  model.look = look(scans(1, 1, 0.0, 0.1));
  model.scans = 1;
  EXPECT_EQ(site_model(to_tensors(model)).look, model.look);
}

}  // namespace
}  // namespace isoscan::domain
