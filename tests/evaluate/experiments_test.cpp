// The experiments on made-up people: what must come out where the truth is known.
#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/evaluate/bias.hpp"
#include "isoscan/evaluate/controls.hpp"
#include "isoscan/evaluate/longitudinal.hpp"
#include "isoscan/evaluate/measures.hpp"
#include "isoscan/evaluate/rescan.hpp"
#include "isoscan/evaluate/sites.hpp"

#include "made_people.hpp"

namespace isoscan::evaluate {
namespace {

using harmonize::Method;
using test::broken_person;
using test::kSpacing;
using test::mean_of;
using test::people_at;
using test::person_at;

const std::vector<Method> kQuick{Method::None, Method::TwoPassHistogramMatch};

phantom::VirtualScanner plain_scanner() {
  phantom::VirtualScanner scanner;
  scanner.name = "plain";
  scanner.noise = 0.015;
  scanner.bias = 0.1;
  return scanner;
}

void expect_rows_valid(const OutcomeTable& table) {
  const config::Json rows = config::Json::parse(to_json_rows(table), "rows");
  EXPECT_TRUE(config::problems(rows, config::Schema::Evaluation).empty());
  EXPECT_EQ(rows.items().size(), table.rows.empty() ? 0U : rows.items().size());
  EXPECT_GT(rows.items().size(), 0U);
  for (const std::string& measure : table.measures)
    EXPECT_NE(measure_named(table.test, measure).definition, "") << table.test << ' ' << measure;
  for (const TableRow& row : table.rows) EXPECT_NE(row_explanation(row.method), "") << row.method;
}

TEST(Rescan, DoingNothingIsOneAndNobodyInventsADifference) {
  RescanOptions options;
  options.spacing_mm = kSpacing;
  options.people_site = 2;
  options.methods = kQuick;
  const auto medium = phantom::preset("medium");
  const std::vector<ScanPair> pairs{{"a", person_at(medium, 1, 1), person_at(medium, 1, 2)},
                                    {"b", broken_person(), person_at(medium, 2, 2)}};
  const OutcomeTable table =
      rescan(pairs, people_at(medium, 3, 2), people_at(plain_scanner(), 4, 3), options, {});
  EXPECT_EQ(table.people, std::vector<std::string>{"a"});
  ASSERT_EQ(table.left_out.size(), 1U);
  EXPECT_EQ(table.left_out[0].id, "b");
  EXPECT_EQ(table.k, 2);
  EXPECT_EQ(table.scanner, "real");
  EXPECT_DOUBLE_EQ(mean_of(table, "none", "ratio"), 1.0);
  EXPECT_DOUBLE_EQ(mean_of(table, "none", "quantile_ratio"), 1.0);
  EXPECT_GT(mean_of(table, "none", "correlation"), 0.95);
  EXPECT_LT(mean_of(table, "none", "difference"), 0.12);
  EXPECT_NEAR(mean_of(table, "two-pass", "ratio"), 1.0, 0.4);
  expect_rows_valid(table);
  EXPECT_THROW((void)rescan({}, {}, {}, options, {}), core::Error);
}

TEST(Rescan, FindsTheMotionBetweenTheSessions) {
  // The second session lies elsewhere: its grid is turned by 8 degrees about z and shifted.
  RescanOptions options;
  options.spacing_mm = kSpacing;
  options.people_site = 1;
  options.methods = {Method::None};
  const auto plain = plain_scanner();
  Person moved = person_at(plain, 1, 2);
  const double angle = 8.0 * M_PI / 180.0;
  const auto elsewhere = [angle](core::Grid grid) {
    core::Affine turn;
    turn.matrix = {std::cos(angle), -std::sin(angle), 0, std::sin(angle), std::cos(angle), 0, 0, 0, 1};
    turn.offset = {12.0, -7.0, 5.0};
    grid.world_from_voxel = turn * grid.world_from_voxel;
    return grid;
  };
  moved.load = [load = moved.load, elsewhere] {
    core::Volume image = load();
    image.grid = elsewhere(image.grid);
    return image;
  };
  moved.load_brain = [elsewhere](const core::Grid&) {
    core::Mask brain = test::head_of(1).brain;
    brain.grid = elsewhere(brain.grid);
    return std::optional<core::Mask>(brain);
  };
  const auto still = rescan({{"still", person_at(plain, 1, 1), person_at(plain, 1, 2)}},
                            people_at(plain, 3, 1), people_at(plain, 5, 2), options, {});
  const auto turned = rescan({{"turned", person_at(plain, 1, 1), moved}}, people_at(plain, 3, 1),
                             people_at(plain, 5, 2), options, {});
  EXPECT_NEAR(mean_of(turned, "none", "difference"), mean_of(still, "none", "difference"), 0.01);
}

TEST(Controls, DoingNothingIsUnchangedAndMatchingIsNot) {
  ControlsOptions options;
  options.spacing_mm = kSpacing;
  options.people_site = 2;
  options.people_judged = 1;
  options.repeats = 2;
  options.methods = kQuick;
  const auto people = people_at(plain_scanner(), 1, 5);
  const OutcomeTable table = controls(people, {}, options, {});
  EXPECT_EQ(table.people.size(), 2U);
  EXPECT_EQ(mean_of(table, "none", "unchanged"), 1.0);
  EXPECT_EQ(mean_of(table, "none", "held"), 1.0);
  EXPECT_EQ(mean_of(table, "none", "psnr_db"), 100.0);
  EXPECT_EQ(mean_of(table, "none", "change"), 0.0);
  EXPECT_LT(mean_of(table, "two-pass", "psnr_db"), 60.0);
  expect_rows_valid(table);
  // Two scanners with shuffled labels; the same again, the same bytes.
  options.people_site = 1;
  options.repeats = 1;
  const auto mixed = [&] {
    return controls(people_at(plain_scanner(), 1, 2), people_at(phantom::preset("medium"), 3, 2), options,
                    {});
  };
  const OutcomeTable shuffled = mixed();
  EXPECT_NE(shuffled.title.find("shuffled"), std::string::npos);
  EXPECT_EQ(mean_of(shuffled, "none", "held"), 1.0);
  EXPECT_EQ(to_json(shuffled), to_json(mixed()));
  options.people_site = 3;
  EXPECT_THROW((void)controls(people, {}, options, {}), core::Error);
}

TEST(Sites, TellsScannersApartAndNotTheReferenceFromItself) {
  SitesOptions options;
  options.spacing_mm = kSpacing;
  options.people_site = 1;
  options.people_judged = 2;
  options.repeats = 2;
  options.rows_per_person = 500;
  options.forest.trees = 15;
  options.methods = kQuick;
  const OutcomeTable table =
      sites(people_at(plain_scanner(), 1, 6), people_at(phantom::preset("hard"), 1, 3), options, {});
  const std::string null = "null: reference halves";
  EXPECT_GT(mean_of(table, "none", "patch_accuracy"), 0.6);
  EXPECT_EQ(mean_of(table, "none", "patch_auc"), 1.0);
  EXPECT_LT(mean_of(table, null, "patch_accuracy"), 0.6);
  EXPECT_GT(mean_of(table, "none", "patch_distance"), 2.0 * mean_of(table, null, "patch_distance"));
  EXPECT_LT(mean_of(table, "two-pass", "quantile_distance"), mean_of(table, "none", "quantile_distance"));
  EXPECT_NEAR(mean_of(table, "none", "csf_points"), 0.0, 0.5);
  EXPECT_EQ(table.people.size(), 2U);
  expect_rows_valid(table);
  EXPECT_THROW((void)sites(people_at(plain_scanner(), 1, 3), {}, options, {}), core::Error);
}

TEST(Longitudinal, DoingNothingKeepsLesionsAndTheirChange) {
  LongitudinalOptions options;
  options.spacing_mm = kSpacing;
  options.methods = kQuick;
  const auto medium = phantom::preset("medium");
  const auto at = [&](int session) {
    LesionScan scan{person_at(medium, 1, session), {}, "one"};
    scan.load_lesions = [](const core::Grid&) { return test::head_of(1).lesions; };
    return scan;
  };
  const OutcomeTable table =
      longitudinal({{"a", at(1), at(2)}}, people_at(plain_scanner(), 3, 2), options, {});
  EXPECT_DOUBLE_EQ(mean_of(table, "none", "contrast_ratio_1"), 1.0);
  EXPECT_DOUBLE_EQ(mean_of(table, "none", "volume_ratio_2"), 1.0);
  EXPECT_DOUBLE_EQ(mean_of(table, "none", "per_grey_ratio_1"), 1.0);
  EXPECT_NEAR(mean_of(table, "two-pass", "contrast_ratio_1"), 1.0, 0.5);
  EXPECT_EQ(table.k, 2);
  expect_rows_valid(table);
}

TEST(Bias, ExplainsAFieldThatIsKnown) {
  auto raw = plain_scanner();
  raw.bias = 0.35;
  auto flat = plain_scanner();
  flat.bias = 0.0;
  BiasOptions options;
  options.spacing_mm = kSpacing;
  const OutcomeTable table = bias({{"a", person_at(raw, 1), person_at(flat, 1)}}, options, {});
  EXPECT_EQ(mean_of(table, "none", "explained"), 0.0);
  EXPECT_GT(mean_of(table, "first pass", "explained"), 0.7);
  EXPECT_GT(mean_of(table, "none", "truth_sd"), 0.08);
  EXPECT_LT(mean_of(table, "first pass", "left_sd"), mean_of(table, "none", "left_sd"));
  expect_rows_valid(table);
}

}  // namespace
}  // namespace isoscan::evaluate
