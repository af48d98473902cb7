#include "isoscan/harmonize/plausibility.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/test/foreign.hpp"

#include "made_people.hpp"

namespace isoscan::harmonize {
namespace {

core::Context seeded(std::uint64_t seed) {
  core::Context context;
  context.seed = seed;
  return context;
}

/// Five made people, two views each; made once.
const std::vector<std::vector<domain::Portrait>>& home() {
  static const auto portraits = [] {
    PlausibilityOptions options;
    options.views = 2;
    std::vector<std::vector<domain::Portrait>> out;
    for (std::uint64_t n = 1; n <= 5; ++n)
      out.push_back(take_portraits(test::made_person(n), options, seeded(n)));
    return out;
  }();
  return portraits;
}

const domain::Plausibility& bounds() {
  static const domain::Plausibility out = fit_plausibility(home(), {}, {});
  return out;
}

/// A changed image in a mask of the test's own: what the brain mask may make of it is not the question here.
preprocess::Prepared prepared_as(const core::Volume& image, const core::Mask& brain) {
  preprocess::Prepared out;
  out.image = image;
  out.brain = brain;
  out.head = brain;
  out.tissue = preprocess::classify_tissue(image, brain, {}).maps;
  out.log_bias = core::Volume(image.grid);
  return out;
}

preprocess::Prepared foreign(const std::string& kind, std::uint64_t person = 20) {
  const core::Volume image = test::make_foreign(kind, test::made_person(person).image);
  return prepared_as(image, core::above(image, 0.05F));
}

double distance_of(const preprocess::Prepared& scan) {
  return judge(take_portrait(scan, {}), bounds()).distance;
}

TEST(Plausibility, TheReferencesOwnPeopleAndOthersLikeThemPass) {
  for (const auto& person : home()) {
    for (const domain::Portrait& portrait : person) EXPECT_LE(judge(portrait, bounds()).distance, 1.0);
  }
  for (std::uint64_t n = 101; n <= 106; ++n) {
    const PlausibilityVerdict verdict = judge(take_portrait(test::made_person(n), {}), bounds());
    EXPECT_EQ(verdict.problem, "") << "person " << n;
  }
}

TEST(Plausibility, OldHeadsPass) {
  phantom::HeadOptions options;
  options.grid = phantom::brain_grid(test::kPhantomSpacing);
  options.whole_head = false;
  options.age_years = 85.0;
  for (std::uint64_t n = 1; n <= 2; ++n) {
    const phantom::SyntheticHead head = phantom::make_head(options, 200 + n, {});
    EXPECT_LE(distance_of(prepared_as(head.image, head.brain)), 1.0) << n;
  }
}

TEST(Plausibility, OtherScannersHeadsPass) {
  for (const char* name : {"medium", "hard"}) {
    const preprocess::Prepared person = test::made_person(31);
    const core::Volume scan = test::scan_of(person, phantom::preset(name), 3);
    EXPECT_LE(distance_of(preprocess::prepare(scan, person.brain, {}, {})), 1.0) << name;
  }
}

TEST(Plausibility, WhatIsNoHeadIsRefused) {
  for (const char* kind : {"half_left", "half_front", "half_bottom", "upside_down", "back_front", "lying",
                           "axes_swapped", "noise_head", "field", "ball", "shells", "inverted"}) {
    try {
      const PlausibilityVerdict verdict = judge(take_portrait(foreign(kind), {}), bounds());
      EXPECT_GT(verdict.distance, 1.0) << kind << ": " << verdict.measure;
      EXPECT_NE(verdict.problem, "") << kind;
    } catch (const core::Error& error) {  // refused before it could be judged
      EXPECT_EQ(error.kind(), core::ErrorKind::Numeric) << kind;
    }
  }
}

TEST(Plausibility, TheVerdictIsOneLineWithTheCure) {
  try {
    (void)require_plausible(foreign("half_left"), bounds(), {});
    FAIL();
  } catch (const core::Error& error) {
    const std::string what = error.what();
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    EXPECT_EQ(what.find('\n'), std::string::npos);
    EXPECT_NE(what.find("too narrow"), std::string::npos) << what;
    EXPECT_NE(what.find("--no-plausibility"), std::string::npos) << what;
  }
}

TEST(Plausibility, AHeadThatNodsIsTheSame) {
  const preprocess::Prepared person = test::made_person(40);
  preprocess::Prepared nods = person;
  const double angle = 0.2;
  test::detail::turn(nods.image, {0, 0, 0},
                     {1, 0, 0, 0, std::cos(angle), -std::sin(angle), 0, std::sin(angle), std::cos(angle)});
  nods.brain.grid = nods.image.grid;
  for (core::Volume& p : nods.tissue.posterior) p.grid = nods.image.grid;
  const auto level = measures(take_portrait(person, {}), bounds().cells);
  const auto turned = measures(take_portrait(nods, {}), bounds().cells);
  for (std::size_t m = 0; m < level.size(); ++m)
    EXPECT_NEAR(level[m].value, turned[m].value, 2.0 * bounds().bounds[m].sd) << level[m].name;
}

TEST(Plausibility, TheSameBytesEachTime) {
  PlausibilityOptions options;
  options.views = 1;
  const preprocess::Prepared person = test::made_person(5);
  core::Context two = seeded(9);
  two.threads = 2;
  EXPECT_EQ(take_portraits(person, options, seeded(9)), take_portraits(person, options, two));
}

TEST(Plausibility, WithoutEnoughPeopleNothingIsJudged) {
  const std::vector<std::vector<domain::Portrait>> two(home().begin(), home().begin() + 2);
  const domain::Plausibility nothing = fit_plausibility(two, {}, {});
  EXPECT_TRUE(nothing.empty());
  EXPECT_EQ(judge(home()[0][0], nothing).problem, "");
}

/// Portraits that differ in single numbers alone, by the normal law: what the bounds assume.
std::vector<domain::Portrait> drawn(core::Random& random, std::size_t count) {
  std::vector<domain::Portrait> out;
  for (std::size_t n = 0; n < count; ++n) {
    domain::Portrait p = home()[0][0];
    p.brain_ml = 1200.0 * std::exp(0.1 * random.normal());
    p.sd_mm[0] *= std::exp(0.04 * random.normal());
    p.sd_mm[2] *= std::exp(0.04 * random.normal());
    for (double& v : p.tissue_mean) v *= std::exp(0.05 * random.normal());
    p.partial *= std::exp(0.1 * random.normal());
    out.push_back(p);
  }
  return out;
}

TEST(Plausibility, RefusesNoMoreThanItSaysHoweverFewPeopleThereAre) {
  core::Random random(7);
  PlausibilityOptions options;
  options.refusals = 0.10;  // so that few draws tell
  for (const std::size_t people : {4U, 12U}) {
    int refused = 0;
    int judged = 0;
    for (int round = 0; round < 40; ++round) {
      std::vector<std::vector<domain::Portrait>> reference;
      for (domain::Portrait& p : drawn(random, people)) reference.push_back({std::move(p)});
      const domain::Plausibility fitted = fit_plausibility(reference, options, {});
      for (const domain::Portrait& p : drawn(random, 5)) {
        refused += judge(p, fitted).problem.empty() ? 0 : 1;
        ++judged;
      }
    }
    EXPECT_LE(refused, judged / 10 + 8) << people;  // two SDs of 200 draws
  }
}

TEST(PlausibilityOptions, SaysWhatIsWrong) {
  PlausibilityOptions options;
  options.refusals = 0.0;
  EXPECT_NE(options.problem(), "");
  options = {};
  options.views = -1;
  EXPECT_THROW((void)fit_plausibility(home(), options, {}), core::Error);
}

}  // namespace
}  // namespace isoscan::harmonize
