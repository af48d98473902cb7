#include "isoscan/evaluate/travellers.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/evaluate/measures.hpp"
#include "isoscan/phantom/head.hpp"

namespace isoscan::evaluate {
namespace {

constexpr double kSpacing = 3.0;

/// Each head is made once for all tests: making one takes longer than judging it.
const phantom::SyntheticHead& head(int n) {
  static std::map<int, phantom::SyntheticHead> made;
  const auto found = made.find(n);
  if (found != made.end()) return found->second;
  phantom::HeadOptions options;
  options.grid = phantom::head_grid(kSpacing);
  return made.emplace(n, phantom::make_head(options, static_cast<std::uint64_t>(100 + n), {})).first->second;
}

std::vector<Person> made_people(int count) {
  std::vector<Person> people;
  for (int n = 0; n < count; ++n) {
    Person person;
    person.id = "made-" + std::to_string(n);
    person.load = [n] { return head(n).image; };
    person.load_brain = [n](const core::Grid&) { return std::optional<core::Mask>(head(n).brain); };
    people.push_back(std::move(person));
  }
  return people;
}

TravellersOptions quick() {
  TravellersOptions options;
  options.scanner = phantom::preset("medium");
  options.spacing_mm = kSpacing;
  options.people_site = 2;
  options.people_test = 1;
  options.methods = {harmonize::Method::None, harmonize::Method::HistogramMatch,
                     harmonize::Method::TwoPassHistogramMatch};
  return options;
}

TEST(Roles, AreDrawnBySeedOrTaken) {
  std::vector<Person> people(9);
  const TravellersOptions options = quick();
  const std::vector<Role> drawn = roles_of(people, options, 3);
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), Role::Site), 2);
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), Role::Test), 1);
  EXPECT_EQ(drawn, roles_of(people, options, 3));
  EXPECT_NE(drawn, roles_of(people, options, 4));
  people[0].role = Role::Test;
  EXPECT_THROW((void)roles_of(people, options, 3), core::Error);
  EXPECT_THROW((void)roles_of(std::vector<Person>(4), options, 3), core::Error);
  EXPECT_EQ(role_named("site"), Role::Site);
  EXPECT_THROW((void)role_named("Site"), core::Error);
}

TEST(Travellers, MatchingComesNearerToTheTruthAndRepeatsItself) {
  const std::vector<Person> people = made_people(5);
  core::Context context;
  context.seed = 5;
  const OutcomeTable table = travellers(people, quick(), context);
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(table.people.size(), 1U);
  const auto psnr = [&](std::size_t row) { return statistic(table.rows[row].measures.at("psnr_db"))->mean; };
  EXPECT_GT(psnr(1), psnr(0) + 1.0);
  EXPECT_GT(psnr(2), psnr(0) + 1.0);
  EXPECT_EQ(table.rows[3].method, "two-pass, true bias");
  EXPECT_EQ(to_json(table), to_json(travellers(people, quick(), context)));
}

TEST(Travellers, RestoreStandsBesideItsOracleAndLesionsAreJudged) {
  TravellersOptions options = quick();
  options.methods = {harmonize::Method::TwoPassHistogramMatch, harmonize::Method::Restore};
  options.lesions = true;
  harmonize::RestoreOptions& restore = options.fit.restore;
  restore.acquisition.rounds = 2;
  restore.patches = {2, {1.4, 2.8}};
  restore.network.hidden = {24, 24};
  restore.network.steps = 300;
  restore.network.batch = 256;
  restore.network.average = 0.98;
  restore.scans = 3;
  restore.check_scans = 2;
  restore.rows = 3000;
  core::Context context;
  context.seed = 5;
  const OutcomeTable table = travellers(made_people(6), options, context);
  ASSERT_EQ(table.rows.size(), 4U);
  for (const std::string& measure : table.measures)
    EXPECT_NE(measure_named("travellers", measure).definition, "") << measure;
  for (std::size_t n = 0; n < 4; ++n) {
    EXPECT_NE(row_explanation(table.rows[n].method), "") << table.rows[n].method;
    EXPECT_EQ(table.yardsticks.count(table.rows[n].method), n < 2 ? 0U : 1U) << table.rows[n].method;
  }
  EXPECT_EQ(table.rows[1].method, "restore");
  EXPECT_EQ(table.rows[2].method, "two-pass, true bias");
  EXPECT_EQ(table.rows[3].method, "restore, true pairs");
  for (const TableRow& row : table.rows) {
    ASSERT_EQ(row.measures.at("psnr_db").size(), table.people.size()) << row.method;
    ASSERT_EQ(row.measures.count("lesion_contrast_ratio"), 1U) << row.method;
    // Whether the stated interval is true is asked of those who state one.
    const bool states = row.method.starts_with("restore");
    for (const char* name : {"coverage_90", "coverage_90_edges", "half_width_90"})
      ASSERT_EQ(row.measures.count(name), states ? 1U : 0U) << row.method << " " << name;
    if (!states) continue;
    ASSERT_EQ(row.measures.at("coverage_90").size(), table.people.size());
    EXPECT_GT(row.measures.at("coverage_90").front(), 0.6) << row.method;
    EXPECT_GT(row.measures.at("half_width_90").front(), 0.0) << row.method;
  }
  const auto psnr = [&](std::size_t row) { return statistic(table.rows[row].measures.at("psnr_db"))->mean; };
  EXPECT_GT(psnr(3), psnr(0));  // with true pairs even a small network is nearer than a curve
  const auto says = [&](const std::string& words) {
    return std::any_of(table.notes.begin(), table.notes.end(),
                       [&](const std::string& note) { return note.find(words) != std::string::npos; });
  };
  EXPECT_TRUE(says("acquisition found"));
  EXPECT_TRUE(says("chance SDs"));
}

TEST(Travellers, TheIdentityScannerLeavesTheTruthNearlyUntouched) {
  const Traveller person = make_traveller(made_people(1)[0], phantom::preset("identity"), kSpacing, 1, 2, {});
  const auto& brain = person.truth.brain.voxels;
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t n = 0; n < brain.size(); ++n) {
    if (brain[n] == 0) continue;
    const double d =
        static_cast<double>(person.seen.image.voxels[n]) - static_cast<double>(person.truth.image.voxels[n]);
    sum += d * d;
    count += 1.0;
  }
  EXPECT_LT(std::sqrt(sum / count), 0.03);
}

/// Reference 3, site 2, test 1, with `broken` unreadable.
std::vector<Person> people_with(const std::vector<std::size_t>& broken) {
  std::vector<Person> people = made_people(6);
  for (std::size_t n = 0; n < people.size(); ++n)
    people[n].role = n < 3 ? Role::Reference : n < 5 ? Role::Site : Role::Test;
  for (const std::size_t n : broken) {
    people[n].load = []() -> core::Volume { throw core::Error(core::ErrorKind::Input, "ends too soon"); };
  }
  return people;
}

TEST(Travellers, WhoCannotBeReadIsLeftOutAndNamed) {
  const OutcomeTable table = travellers(people_with({1, 3}), quick(), {});
  ASSERT_EQ(table.left_out.size(), 2U);
  EXPECT_EQ(table.left_out[0].id, "made-1");
  EXPECT_EQ(table.left_out[0].reason, "ends too soon");
  EXPECT_EQ(table.left_out[1].id, "made-3");
  EXPECT_EQ(table.title, "travellers: scanner medium, 2 reference, 1 site and 1 test people");
  const config::Json json = config::Json::parse(to_json(table), "table");
  EXPECT_EQ(json.at("left_out").items().at(1).at("id").as_string(), "made-3");
}

TEST(Travellers, TooFewPeopleLeftIsAnErrorThatNamesThoseLeftOut) {
  for (const std::vector<std::size_t>& broken :
       {std::vector<std::size_t>{0, 1}, std::vector<std::size_t>{3, 4}, std::vector<std::size_t>{5}}) {
    try {
      (void)travellers(people_with(broken), quick(), {});
      FAIL() << "too few went through";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input);
      EXPECT_NE(std::string(error.what()).find("made-" + std::to_string(broken.front()) + ": ends too soon"),
                std::string::npos)
          << error.what();
    }
  }
}

TEST(Travellers, AnErrorOfTheProgramStopsAll) {
  std::vector<Person> people = people_with({});
  people[1].load = []() -> core::Volume { throw core::Error(core::ErrorKind::Internal, "a bug"); };
  EXPECT_THROW((void)travellers(people, quick(), {}), core::Error);
}

TEST(Travellers, TheTableSaysAllThatItDependsOn) {
  TravellersOptions options = quick();
  options.methods = {harmonize::Method::None};
  options.fit.enot.steps = 77;
  options.fit.enot.batch = 99;
  options.fit.enot.expectile = 0.9;
  options.fit.bands.alpha = 0.25;
  core::Context context;
  context.seed = 5;
  const config::Json json =
      config::Json::parse(to_json(travellers(made_people(5), options, context)), "table");
  const config::Json& settings = json.at("settings");
  EXPECT_EQ(settings.at("seed").as_integer(), 5);
  EXPECT_EQ(settings.at("spacing_mm").as_number(), kSpacing);
  EXPECT_EQ(settings.at("scanner").at("name").as_string(), "medium");
  EXPECT_EQ(settings.at("methods").items().at(0).as_string(), "none");
  EXPECT_EQ(settings.at("people_site").as_integer(), 2);
  EXPECT_EQ(settings.at("split").as_string(), "drawn");
  const config::Json& fit = settings.at("fit");
  EXPECT_EQ(fit.at("alpha").as_number(), 0.25);
  EXPECT_EQ(fit.at("rows_per_scan").as_integer(), static_cast<std::int64_t>(options.fit.rows_per_scan));
  const config::Json& enot = fit.at("enot");
  EXPECT_EQ(enot.at("steps").as_integer(), 77);
  EXPECT_EQ(enot.at("batch").as_integer(), 99);
  EXPECT_EQ(enot.at("expectile").as_number(), 0.9);
  EXPECT_EQ(enot.at("expectile_weight").as_number(), options.fit.enot.expectile_weight);
  for (const char* key : {"map_hidden", "potential_hidden", "map_steps", "map_rate", "potential_rate",
                          "start_at_gaussian", "context", "shrink"}) {
    EXPECT_TRUE(enot.contains(key)) << key;
  }
}

TEST(Travellers, AFailureNamesThePerson) {
  std::vector<Person> people = made_people(5);
  for (Person& person : people) person.role = Role::Reference;
  people[3].role = Role::Site;
  people[4].role = Role::Test;
  people[3].load = [] { return core::Volume(phantom::head_grid(kSpacing)); };
  people[3].load_brain = nullptr;
  try {
    (void)travellers(people, quick(), {});
    FAIL() << "an empty scan went through";
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find("made-3"), std::string::npos);
  }
}

}  // namespace
}  // namespace isoscan::evaluate
