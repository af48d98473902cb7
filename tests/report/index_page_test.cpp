#include <iostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "isoscan/core/random.hpp"
#include "isoscan/report/run_report.hpp"

#include "html.hpp"
#include "made_scan.hpp"

namespace isoscan::report {
namespace {

RunReport made_run(std::size_t rows, const std::string& text) {
  RunReport run;
  run.title = text;
  run.method = text;
  run.reference = text;
  run.command = text;
  run.version = text;
  run.facts = {{text, text}};
  run.columns = {{text, text, text, Range{0.6, 0.8}}, {text, text, text, {}}};
  core::Random random(4);
  for (std::size_t n = 0; n < rows; ++n) {
    RunRow row;
    row.id = text + std::to_string(n);
    row.site = text;
    row.verdict = static_cast<Verdict>(n % 4);
    row.reason = text;
    row.warnings = n % 3;
    row.measures = {random.uniform(0.5, 0.9),
                    n % 5 == 0 ? std::nullopt : std::optional<double>(random.uniform())};
    row.page = text;
    row.thumbnail = text;
    row.output_sha256 = text;
    run.rows.push_back(row);
  }
  run.set_aside = {{text, text, true}, {text, text, false}};
  return run;
}

std::vector<std::string> tag_names(const std::string& html) {
  std::vector<std::string> names;
  for (const test::Tag& tag : test::tags(html)) names.push_back(tag.name);
  return names;
}

RunRow row(const std::string& id, Verdict verdict, std::size_t warnings = 0,
           std::optional<double> value = {}) {
  RunRow made;
  made.id = id;
  made.verdict = verdict;
  made.warnings = warnings;
  made.measures = {value};
  return made;
}

TEST(IndexPage, WhatNeedsAPersonComesFirst) {
  RunReport run;
  run.columns = {{"m", "", "", Range{0.0, 1.0}}};
  run.rows = {row("g", Verdict::Harmonized),
              row("f", Verdict::PassedThrough),
              row("e", Verdict::Harmonized, 0, 2.0),
              row("d", Verdict::Harmonized, 2),
              row("c", Verdict::Refused),
              row("b", Verdict::Failed),
              row("a", Verdict::Failed)};
  std::string order;
  for (const RunRow& each : worst_first(run)) order += each.id;
  EXPECT_EQ(order, "abcdefg");
}

TEST(IndexPage, CountsEveryVerdictAndListsWhatWasSetAside) {
  RunReport run = made_run(8, "calm");
  run.set_aside = {{"localizer", "three planes in one series", false}, {"broken.nii", "ends early", true}};
  const std::string html = index_page(run);
  EXPECT_EQ(test::occurrences(html, "<b>2</b> failed"), 1U);
  EXPECT_EQ(test::occurrences(html, "<b>2</b> passed through"), 1U);
  EXPECT_NE(html.find("2 inputs set aside, 1 could not be read"), std::string::npos);
  EXPECT_LT(html.find("broken.nii"), html.find("localizer")) << "trouble first";
  EXPECT_NE(html.find("three planes in one series"), std::string::npos);
  EXPECT_NE(html.find("Research use only"), std::string::npos);
  EXPECT_LT(html.find("calm0"), html.find("calm1")) << "failed before refused";
}

TEST(IndexPage, HostileTextMakesNoElementAndNoAttribute) {
  const std::vector<std::string> calm = tag_names(index_page(made_run(12, "calm")));
  for (const std::string& text : test::hostile_texts()) {
    const std::string html = index_page(made_run(12, text));
    EXPECT_EQ(tag_names(html), calm) << text.substr(0, 40);
    for (const test::Tag& tag : test::tags(html)) {
      for (const auto& [name, value] : tag.attributes) {
        EXPECT_NE(name.substr(0, 2), "on");
        EXPECT_NE(name, "style");
        if (name == "href") {
          EXPECT_TRUE(value.substr(0, 1) == "#" || value.substr(0, 2) == "./") << value;
          EXPECT_EQ(value.find(':'), std::string::npos) << value;
        }
      }
    }
    EXPECT_LT(html.size(), 200'000U) << "long texts are cut";
  }
}

TEST(IndexPage, FiveThousandScansStayUnderFiveMegabytes) {
  RunReport run = made_run(5000, "site-and-name-");
  for (std::size_t n = 2; n < 30; ++n) run.columns.push_back(run.columns[0]);
  core::Random random(5);
  for (RunRow& each : run.rows) {
    each.reason = "Carried to the reference with the method 'restore'; " + std::to_string(random.below(9)) +
                  " measure(s) lie outside the reference's range.";
    each.site = "site-" + std::to_string(random.below(20));
    each.page = each.id + ".html";
    each.thumbnail = "thumbnails/" + each.id + ".png";
    each.output_sha256 = std::string(64, 'a');
    each.measures.assign(30, random.uniform(0.5, 0.9));
    each.before.assign(30, random.uniform(0.5, 0.9));
  }
  const std::string html = index_page(run);
  std::cout << "index of 5000 scans, 30 measures: " << html.size() << " bytes\n";
  EXPECT_LT(html.size(), 5'000'000U);
  EXPECT_EQ(test::occurrences(html, "loading=\"lazy\""), 100U) << "all others are rows of data";
}

TEST(IndexPage, RowsOfDataHoldWhatTheScriptShows) {
  RunReport run = made_run(4, "calm");
  run.rows[1].reason = "</script><script>alert(1)</script>";
  const std::string html = index_page(run);
  const std::string text = test::between(html, "id=\"data\">", "</script>");
  EXPECT_EQ(text.find('<'), std::string::npos);
  const config::Json data = config::Json::parse(text, "data");
  ASSERT_EQ(data.at("rows").items().size(), 4U);
  const config::Json::Array& first = data.at("rows").items().at(0).items();
  EXPECT_EQ(first.at(0).as_string(), "calm0");
  EXPECT_EQ(first.at(2).as_integer(), static_cast<int>(Verdict::Failed));
  EXPECT_NEAR(first.at(8).items().at(0).as_number(), run.rows[0].measures[0].value(), 1e-5);
  EXPECT_EQ(data.at("columns").items().size(), 2U);
}

TEST(IndexPage, WorksWithoutAnyScan) {
  const std::string html = index_page(RunReport{});
  EXPECT_NE(html.find("No scan was found"), std::string::npos);
}

TEST(IndexPage, SameRunSameBytes) {
  EXPECT_EQ(index_page(made_run(9, "calm")), index_page(made_run(9, "calm")));
}

TEST(RunRow, ColumnsAreTheMeasuresOfAllScansInTheOrderTheyCome) {
  ScanReport one;
  one.id = "one";
  one.measures = {{"a", 1.5, 2.5, "", "", {}, ""}, {"b", {}, {}, "why not", "", {}, ""}};
  ScanReport two;
  two.id = "two";
  two.warnings = {"look"};
  two.measures = {{"c", 3.0, {}, "", "ml", {}, "what"}, {"a", 4.0, {}, "", "", {}, ""}};
  RunReport run;
  set_scans(run, {one, two}, {"c"});
  ASSERT_EQ(run.columns.size(), 3U);
  EXPECT_EQ(run.columns[2].name, "c");
  EXPECT_TRUE(run.columns[2].in_table);
  EXPECT_FALSE(run.columns[0].in_table);
  EXPECT_EQ(run.rows[0].measures, (std::vector<std::optional<double>>{1.5, {}, {}}));
  EXPECT_EQ(run.rows[0].before, (std::vector<std::optional<double>>{2.5, {}, {}}));
  EXPECT_EQ(run.rows[1].measures, (std::vector<std::optional<double>>{4.0, {}, 3.0}));
  EXPECT_EQ(run.rows[1].warnings, 1U);
  EXPECT_EQ(run.rows[1].page, "two.html");
  EXPECT_TRUE(run.sites.empty()) << "nothing is known of what a map was learnt from";
}

TEST(RunReport, ReadsBackFromItsJson) {
  RunReport run = made_run(6, "calm");
  for (std::size_t n = 0; n < run.rows.size(); ++n) run.rows[n].output_sha256 = "";
  run.sites = {{"calm", 5, 20, {0.5, std::nullopt}}};
  const RunReport read = run_report_of(to_json(run), "index.json");
  EXPECT_EQ(to_json(read), to_json(run));
}

}  // namespace
}  // namespace isoscan::report
