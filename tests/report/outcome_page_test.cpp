#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/report/outcome_report.hpp"

#include "html.hpp"
#include "made_scan.hpp"

namespace isoscan::report {
namespace {

Spread spread(double mean, double half, std::size_t count) {
  return {mean, half, Range{mean - half, mean + half}, count};
}

OutcomeCell cell(double mean, double gain, double half, Standing standing, std::size_t people) {
  OutcomeCell made;
  made.value = spread(mean, 0.5, people);
  made.score = mean;
  made.standing = standing;
  if (standing != Standing::Baseline) made.less_baseline = made.gain = spread(gain, half, people);
  for (std::size_t n = 0; n < people; ++n)
    made.values.emplace_back(mean + 0.3 * (static_cast<double>(n % 5) - 2.0));
  return made;
}

/// A baseline, a better, a worse and an unclear method, and a yardstick that is best of all.
OutcomeReport made_table(const std::string& text = "calm", std::size_t people = 4) {
  OutcomeReport report;
  report.title = report.subtitle = report.question = report.command = report.version = report.date = text;
  report.baseline = text + "base";
  report.metrics = {{text, text + "A", text, Direction::Higher, 0.0, Range{30.0, 31.0}, text, false}};
  for (std::size_t n = 0; n < people; ++n) report.people.push_back(text + std::to_string(n));
  report.rows = {{text + "good", text, false, {cell(32.0, 2.0, 1.0, Standing::Better, people)}},
                 {text + "bad", text, false, {cell(28.0, -2.0, 1.0, Standing::Worse, people)}},
                 {text + "base", text, false, {cell(30.0, 0.0, 0.0, Standing::Baseline, people)}},
                 {text + "like", text, false, {cell(30.2, 0.2, 1.0, Standing::Unclear, people)}},
                 {text + "truth", text, true, {cell(40.0, 10.0, 1.0, Standing::Better, people)}}};
  report.notes = {text};
  report.left_out = {{text, text}};
  report.facts = {{text, text}};
  report.settings = {{text, text}};
  return report;
}

std::vector<std::string> tag_names(const std::string& html) {
  std::vector<std::string> names;
  for (const test::Tag& tag : test::tags(html)) names.push_back(tag.name);
  return names;
}

TEST(OutcomePage, SaysWhoIsBestWhoIsWorseAndWhoIsNotToldApart) {
  const std::string html = outcome_page(made_table(""));
  EXPECT_NE(html.find("good is best: 32.00, 2.00 better than base (95 % interval 1.00 to 3.00)."),
            std::string::npos)
      << html;
  EXPECT_NE(html.find("Worse than base: bad (by 2.00)."), std::string::npos);
  EXPECT_NE(html.find("Not told apart from base: like."), std::string::npos);
  EXPECT_NE(html.find("Asked for: 30 to 31; there is the mean of base and like."), std::string::npos);
  EXPECT_EQ(html.find("truth is best"), std::string::npos) << "a yardstick is no method";
  EXPECT_NE(html.find("Each mean is over 4 values only"), std::string::npos);
  EXPECT_NE(html.find("3 comparisons with the baseline"), std::string::npos);
  EXPECT_NE(html.find("Research use only"), std::string::npos);
}

TEST(OutcomePage, IsHonestWhereNobodyIsAhead) {
  OutcomeReport report = made_table("");
  report.rows.erase(report.rows.begin());
  const std::string html = outcome_page(report);
  EXPECT_NE(html.find("like has the best mean, 30.20, but is not told apart from base"), std::string::npos);
  EXPECT_NE(html.find("no method is shown to be better than base in any measure"), std::string::npos);
  EXPECT_EQ(html.find("No method reaches what is asked for"), std::string::npos);
  report.metrics[0].wanted = Range{90.0, 100.0};
  EXPECT_NE(outcome_page(report).find("No method reaches what is asked for in: A."), std::string::npos);
  report.rows.erase(report.rows.begin() + 2);
  EXPECT_NE(outcome_page(report).find("No method is ahead of base (30.00)."), std::string::npos);
  for (OutcomeRow& row : report.rows) row.cells[0].score = 30.0;
  EXPECT_NE(outcome_page(report).find("All methods are alike at 28.00."), std::string::npos);
  for (OutcomeRow& row : report.rows) row.cells[0].standing = Standing::None;
  report.metrics[0].direction = Direction::Neither;
  EXPECT_NE(outcome_page(report).find("No measure of this table says which method is better."),
            std::string::npos);
}

TEST(OutcomePage, ACaseWithoutIntervalIsNotCalledBetter) {
  OutcomeReport report = made_table("");
  report.metrics[0].by_repeat = true;
  for (OutcomeRow& row : report.rows) {
    if (row.cells[0].gain) row.cells[0].gain->interval.reset();
    if (row.cells[0].standing != Standing::Baseline) row.cells[0].standing = Standing::Unknown;
  }
  const std::string html = outcome_page(report);
  EXPECT_NE(html.find("there is no interval, so this may be chance"), std::string::npos);
  EXPECT_EQ(html.find("good is best"), std::string::npos);
  EXPECT_NE(html.find("1 measure has one value a repeat"), std::string::npos);
}

TEST(OutcomePage, LoadsNothingAndIsKnownAsOne) {
  const std::string html = outcome_page(made_table());
  EXPECT_TRUE(is_outcome_page(html));
  EXPECT_FALSE(is_outcome_page("{\"test\": 1}"));
  EXPECT_FALSE(is_outcome_page(""));
  EXPECT_EQ(html.find("http:"), std::string::npos);
  EXPECT_EQ(html.find("https:"), std::string::npos);
  EXPECT_EQ(html.find("url("), std::string::npos);
  EXPECT_EQ(html.find("@import"), std::string::npos);
  std::vector<std::string> ids;
  for (const test::Tag& tag : test::tags(html)) {
    EXPECT_EQ(tag.attributes.count("src"), 0U) << tag.name;
    EXPECT_NE(tag.name, "link");
    if (tag.attributes.count("id") > 0) ids.push_back(tag.attributes.at("id"));
  }
  for (const test::Tag& tag : test::tags(html)) {
    if (tag.attributes.count("href") == 0) continue;
    const std::string target = tag.attributes.at("href").substr(1);
    EXPECT_NE(std::find(ids.begin(), ids.end(), target), ids.end()) << target;
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end()) << "an id stands once";
}

TEST(OutcomePage, HostileTextMakesNoElementAndNoAttribute) {
  const std::vector<std::string> calm = tag_names(outcome_page(made_table("calm")));
  for (const std::string& text : test::hostile_texts()) {
    const std::string html = outcome_page(made_table(text));
    EXPECT_EQ(tag_names(html), calm) << text.substr(0, 40);
    for (const test::Tag& tag : test::tags(html)) {
      for (const auto& [name, value] : tag.attributes) {
        EXPECT_NE(name.substr(0, 2), "on");
        EXPECT_NE(name, "style");
        if (name == "href") {
          EXPECT_EQ(value.substr(0, 1), "#") << value;
        }
      }
    }
    EXPECT_LT(html.size(), 200'000U) << "long texts are cut";
  }
}

TEST(OutcomePage, SameRecordSameBytes) {
  EXPECT_EQ(outcome_page(made_table()), outcome_page(made_table()));
}

TEST(OutcomePage, FiveThousandLinesStayUnderTheLimitAndAllThere) {
  OutcomeReport report = made_table("measure-");
  core::Random random(5);
  const std::vector<OutcomeRow> few = report.rows;
  report.metrics.resize(10, report.metrics.front());
  for (std::size_t m = 0; m < 10; ++m) report.metrics[m].title = "measure " + std::to_string(m);
  report.rows.clear();
  for (std::size_t n = 0; n < 500; ++n) {
    OutcomeRow row = few[n % 4];
    row.method = n == 2 ? report.baseline : "method " + std::to_string(n);
    row.cells.resize(10, row.cells.front());
    for (OutcomeCell& one : row.cells) one.value->mean = random.uniform(20.0, 30.0);
    report.rows.push_back(std::move(row));
  }
  const std::string html = outcome_page(report);
  EXPECT_LT(html.size(), 2'000'000U);
  const std::string body = test::between(html, "<table id=\"rows\">", "</table>");
  EXPECT_EQ(test::occurrences(body, "<tr>"), 5001U);
  EXPECT_NE(html.find("The first 40 of 500 rows"), std::string::npos);
  // More than fits is cut, and said.
  for (OutcomeRow& row : report.rows) {
    row.method = std::string(500, '&') + row.method;
  }
  const std::string cut = outcome_page(report);
  EXPECT_LT(cut.size(), 2'000'000U);
  EXPECT_NE(cut.find("of 5000 lines, so that this page stays small"), std::string::npos);
}

TEST(OutcomePage, ThousandsOfPeopleLoseTheirNamesThenTheirDots) {
  const std::string some = outcome_page(made_table("", 2000));
  EXPECT_LT(some.size(), 2'000'000U);
  EXPECT_EQ(test::occurrences(some, "<circle class=\"p\""), 5U * 2000U + 3U) << "and the legend's";
  const std::string many = outcome_page(made_table("", 20000));
  EXPECT_LT(many.size(), 2'000'000U);
  EXPECT_EQ(test::occurrences(many, "<circle class=\"p\""), 3U);
  EXPECT_NE(many.find("Single values are too many to be drawn"), std::string::npos);
}

TEST(OutcomePage, WhatIsNoNumberIsNoDot) {
  OutcomeReport report = made_table("");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  report.rows[0].cells[0].value->mean = nan;
  report.rows[0].cells[0].score = nan;
  report.rows[0].cells[0].gain->mean = nan;
  report.rows[1].cells[0].value->sd = nan;
  report.rows[1].cells[0].values[0] = std::numeric_limits<double>::infinity();
  report.rows[3].cells[0] = {};
  const std::string html = outcome_page(report);
  const std::string body = html.substr(html.find("<body>"), html.find("<script>") - html.find("<body>"));
  for (const char* word : {"nan", "NaN", "inf\"", ">inf", "-nan"})
    EXPECT_EQ(body.find(word), std::string::npos) << word;
  EXPECT_EQ(body.find("good is best"), std::string::npos);
}

TEST(OutcomePage, WorksWithoutMeasuresAndWithoutRows) {
  EXPECT_TRUE(is_outcome_page(outcome_page(OutcomeReport{})));
  OutcomeReport report = made_table("");
  for (OutcomeRow& row : report.rows) row.cells[0] = {};
  EXPECT_NE(outcome_page(report).find("There is no value of this measure for anybody."), std::string::npos);
  report.rows[0].cells.clear();
  EXPECT_THROW((void)outcome_page(report), core::Error);
  EXPECT_THROW((void)outcome_page(made_table(), {.limit_bytes = 10}), core::Error);
}

TEST(WhiskerFigure, HasADotAPersonAndTheBaselineAsALine) {
  const OutcomeReport report = made_table("");
  const std::string svg = whisker_svg(report, 0);
  EXPECT_EQ(test::occurrences(svg, "<circle class=\"p\""), 20U);
  EXPECT_EQ(test::occurrences(svg, "<line class=\"baseline\""), 1U);
  EXPECT_EQ(test::occurrences(svg, "<rect class=\"ci\""), 5U);
  EXPECT_EQ(test::occurrences(svg, "class=\"mark better\""), 1U) << "the yardstick has a shape of its own";
  EXPECT_EQ(test::occurrences(svg, "class=\"mark worse\""), 1U);
  EXPECT_EQ(test::occurrences(svg, "class=\"mark open\""), 1U);
  EXPECT_NE(svg.find("good: 32.00, SD 0.500, 95 % interval of the mean 31.50 to 32.50, 4 people; 2.00 better "
                     "than base (95 % interval 1.00 to 3.00)"),
            std::string::npos)
      << svg;
  EXPECT_NE(svg.find("A: higher is better"), std::string::npos);
  EXPECT_EQ(test::occurrences(whisker_svg(report, 0, Dots::Bare), "<title>"), 5U);
  EXPECT_EQ(test::occurrences(whisker_svg(report, 0, Dots::None), "<circle class=\"p\""), 0U);
}

TEST(WhiskerFigure, AnIntervalThatLeavesTheFigureEndsInAnArrow) {
  OutcomeReport report = made_table("");
  report.rows[0].cells[0].value->interval = Range{-1000.0, 1000.0};
  const std::string svg = whisker_svg(report, 0);
  EXPECT_EQ(test::occurrences(svg, "class=\"beyond\""), 2U);
  for (const test::Tag& tag : test::tags(svg)) {
    for (const char* name : {"x", "x1", "x2", "cx"}) {
      if (tag.attributes.count(name) == 0) continue;
      const double x = std::stod(tag.attributes.at(name));
      EXPECT_GE(x, 0.0);
      EXPECT_LE(x, 640.0);
    }
  }
}

}  // namespace
}  // namespace isoscan::report
