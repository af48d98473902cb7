#include "isoscan/evaluate/page.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

#include <gtest/gtest.h>

#include "isoscan/domain/method.hpp"
#include "isoscan/evaluate/measures.hpp"

namespace isoscan::evaluate {
namespace {

using report::Direction;
using report::Standing;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Four people: `good` gains in PSNR in each of them, `bad` loses, `like` does both.
OutcomeTable made_table() {
  OutcomeTable t;
  t.title = "travellers: four <people> & more";
  t.test = "travellers";
  t.scanner = "medium";
  t.k = 4;
  t.seed = 7;
  t.baseline = "two-pass";
  t.people = {"a", "b", "c", "d"};
  t.measures = {"psnr_db", "mae", "gradient_energy", "wm_sd", "csf_error"};
  const auto row = [](const std::string& name, double psnr, double mae, double energy) {
    const auto around = [](double mean, double step) {
      return PerPerson{mean - step, mean, mean + step, mean + 2.0 * step};
    };
    return TableRow{name,
                    {{"psnr_db", around(psnr, 1.0)},
                     {"mae", around(mae, 0.01)},
                     {"gradient_energy", around(energy, 0.001)},
                     {"wm_sd", around(0.1, 0.0)},
                     {"csf_error", PerPerson(4)}}};
  };
  t.rows = {row("two-pass", 29.0, 0.05, 0.90), row("good", 31.0, 0.03, 1.02), row("bad", 27.0, 0.08, 1.30),
            row("like", 29.0, 0.05, 0.90), row("two-pass, true bias", 35.0, 0.01, 1.0)};
  t.rows[1].measures["psnr_db"] = {30.1, 30.9, 32.2, 33.1};
  t.rows[2].measures["psnr_db"] = {25.0, 27.2, 27.9, 29.0};
  t.rows[3].measures["psnr_db"] = {28.5, 28.6, 30.4, 31.2};
  t.yardsticks = {"two-pass, true bias"};
  return t;
}

const report::OutcomeCell& cell(const report::OutcomeReport& r, const std::string& method,
                                std::size_t metric) {
  for (const report::OutcomeRow& row : r.rows) {
    if (row.method == method) return row.cells.at(metric);
  }
  throw std::runtime_error("no row " + method);
}

TEST(OutcomeReport, AMethodIsBetterWhereTheIntervalOfItsGainLeavesZero) {
  const report::OutcomeReport r = outcome_report(made_table(), {"isoscan evaluate", "2026-12-01"});
  EXPECT_EQ(cell(r, "two-pass", 0).standing, Standing::Baseline);
  EXPECT_EQ(cell(r, "good", 0).standing, Standing::Better);
  EXPECT_EQ(cell(r, "bad", 0).standing, Standing::Worse);
  EXPECT_EQ(cell(r, "like", 0).standing, Standing::Unclear);
  const auto d = paired_difference(made_table().rows[1].measures.at("psnr_db"),
                                   made_table().rows[0].measures.at("psnr_db"));
  EXPECT_DOUBLE_EQ(cell(r, "good", 0).gain->mean, d->mean);
  EXPECT_DOUBLE_EQ(cell(r, "good", 0).gain->interval->low, d->low);
  EXPECT_DOUBLE_EQ(cell(r, "good", 0).less_baseline->mean, d->mean);
}

TEST(OutcomeReport, GainsFollowTheDirectionOfTheMeasure) {
  const report::OutcomeReport r = outcome_report(made_table(), {});
  // Lower is better: the difference is below 0, the gain above.
  EXPECT_NEAR(cell(r, "good", 1).less_baseline->mean, -0.02, 1e-12);
  EXPECT_NEAR(cell(r, "good", 1).gain->mean, 0.02, 1e-12);
  // Nearer to 1 is better, from either side.
  EXPECT_EQ(r.metrics[2].direction, Direction::Near);
  EXPECT_EQ(cell(r, "good", 2).standing, Standing::Better);
  EXPECT_EQ(cell(r, "bad", 2).standing, Standing::Worse);
  EXPECT_GT(cell(r, "bad", 2).less_baseline->mean, 0.0);
  EXPECT_EQ(cell(r, "like", 2).standing, Standing::Unclear) << "no difference at all is no gain";
  // A measure without a direction makes no winner.
  EXPECT_EQ(cell(r, "good", 3).standing, Standing::None);
  EXPECT_TRUE(cell(r, "good", 3).less_baseline);
  EXPECT_FALSE(cell(r, "good", 4).value) << "nobody has a value";
}

TEST(OutcomeReport, DrawsOnTheSamePeopleHaveNoInterval) {
  OutcomeTable t = made_table();
  t.by_repeat = {"psnr_db"};
  t.rows.push_back({"null", {{"mae", {0.01, 0.02}}}});
  const report::OutcomeReport r = outcome_report(t, {});
  EXPECT_EQ(cell(r, "good", 0).standing, Standing::Unknown);
  EXPECT_FALSE(cell(r, "good", 0).value->interval);
  EXPECT_FALSE(cell(r, "good", 0).gain->interval);
  EXPECT_FALSE(cell(r, "good", 0).less_baseline);
  EXPECT_EQ(cell(r, "null", 1).standing, Standing::None) << "a row over others is compared with nobody";
  EXPECT_FALSE(cell(r, "null", 1).value->interval);
}

TEST(OutcomeReport, WhatIsNoNumberIsAbsent) {
  OutcomeTable t = made_table();
  t.rows[1].measures["psnr_db"] = {kNan, 31.0, std::numeric_limits<double>::infinity(), 33.0};
  const report::OutcomeReport r = outcome_report(t, {});
  EXPECT_EQ(cell(r, "good", 0).value->count, 2U);
  EXPECT_DOUBLE_EQ(cell(r, "good", 0).value->mean, 32.0);
  EXPECT_EQ(report::outcome_page(r).find("nan"), std::string::npos);
}

/// The numbers of a line of text; a true minus is a minus.
std::vector<double> numbers_in(std::string text) {
  for (auto at = text.find("\xE2\x88\x92"); at != std::string::npos; at = text.find("\xE2\x88\x92"))
    text.replace(at, 3, "-");
  for (const char* tag : {"</td>", "<td>"}) {
    for (auto at = text.find(tag); at != std::string::npos; at = text.find(tag))
      text.replace(at, std::string(tag).size(), " ");
  }
  std::vector<double> found;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    if (end != word.c_str() && *end == '\0') found.push_back(value);
  }
  return found;
}

TEST(OutcomeReport, EveryNumberOfTheTableIsOnThePage) {
  const OutcomeTable t = made_table();
  const std::string html = report::outcome_page(outcome_report(t, {}));
  const std::string body = html.substr(html.find("<table id=\"rows\">"));
  std::istringstream lines(to_tsv(t));
  std::string line;
  std::getline(lines, line);
  int compared = 0;
  while (std::getline(lines, line)) {
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string field; std::getline(cells, field, '\t');) fields.push_back(field);
    const std::string title = measure_named("travellers", fields[5]).title;
    const std::string head = "<tr><td>" + title + "</td><td>" + fields[4] + "</td>";
    const auto at = body.find(head);
    if (fields[5] == "csf_error") continue;  // nobody has a value
    ASSERT_NE(at, std::string::npos) << head;
    const std::vector<double> shown =
        numbers_in(body.substr(at + head.size(), body.find("</tr>", at) - at - head.size()));
    for (std::size_t n = 6; n < fields.size(); ++n) {
      if (fields[n] == "n/a") continue;
      const double value = std::stod(fields[n]);
      const bool there = std::any_of(shown.begin(), shown.end(), [&](double s) {
        return std::abs(s - value) <= 6e-4 * std::abs(value) + 1e-12;
      });
      EXPECT_TRUE(there) << line << ": " << fields[n];
      ++compared;
    }
  }
  EXPECT_GT(compared, 100);
  EXPECT_NE(html.find("four &lt;people&gt; &amp; more"), std::string::npos);
  EXPECT_EQ(html.find("<people>"), std::string::npos);
}

TEST(Measures, UnknownNamesStandForThemselves) {
  const report::OutcomeMetric metric = measure_named("travellers", "something new");
  EXPECT_EQ(metric.title, "something new");
  EXPECT_EQ(metric.direction, Direction::Neither);
  EXPECT_EQ(row_explanation("something new"), "");
  for (const char* test : {"travellers", "rescan", "sites", "longitudinal", "bias", "controls"})
    EXPECT_NE(question_of(test), "") << test;
  for (const domain::Method method : domain::kMethods)
    EXPECT_NE(row_explanation(std::string(domain::name(method))), "") << domain::name(method);
}

}  // namespace
}  // namespace isoscan::evaluate
