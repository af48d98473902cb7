#include <string>
#include <vector>

#include <gtest/gtest.h>

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
  const std::vector<MeasureColumn> columns{{"m", "", "", Range{0.0, 1.0}}};
  const std::vector<RunRow> sorted =
      worst_first({row("g", Verdict::Harmonized), row("f", Verdict::PassedThrough),
                   row("e", Verdict::Harmonized, 0, 2.0), row("d", Verdict::Harmonized, 2),
                   row("c", Verdict::Refused), row("b", Verdict::Failed), row("a", Verdict::Failed)},
                  columns);
  std::string order;
  for (const RunRow& each : sorted) order += each.id;
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

TEST(IndexPage, ThousandsOfRowsStayUnderFiveKilobytesEach) {
  const core::Grid grid = test::grid_of({0, 1, 2}, {true, false, false}, {150, 190, 140}, {2, 2, 2});
  const std::string picture = png(thumbnail(test::made_images(grid).before, test::made_images(grid).brain));
  RunReport run = made_run(3000, "site-and-name-");
  run.columns.push_back(run.columns[0]);
  run.columns.push_back(run.columns[0]);
  for (RunRow& each : run.rows) {
    each.reason =
        "the distance to the reference lies beyond its null; the site model was applied within its bound";
    each.page = "sub-0001_ses-1.html";
    each.thumbnail_png = picture;
    each.measures = {0.7, 0.8, 0.9, 0.6};
  }
  const std::string html = index_page(run);
  EXPECT_LT(html.size() / run.rows.size(), 5000U);
  EXPECT_EQ(test::occurrences(html, "loading=\"lazy\""), 3000U);
  EXPECT_EQ(test::occurrences(html, "<circle class=\"d "), 12000U);
}

TEST(IndexPage, AThumbnailThatIsTooLargeIsLeftOut) {
  RunReport run = made_run(1, "calm");
  run.rows[0].thumbnail_png = std::string(50'000, 'x');
  EXPECT_LT(index_page(run).size(), 60'000U);
}

TEST(IndexPage, WorksWithoutAnyScan) {
  const std::string html = index_page(RunReport{});
  EXPECT_NE(html.find("No scan was found"), std::string::npos);
}

TEST(IndexPage, SameRunSameBytes) {
  EXPECT_EQ(index_page(made_run(9, "calm")), index_page(made_run(9, "calm")));
}

TEST(StripPlot, DotsLinkToTheirPagesOverTheReferenceRange) {
  RunReport run = made_run(40, "calm");
  for (std::size_t n = 0; n < run.rows.size(); ++n) run.rows[n].page = "scan-" + std::to_string(n) + ".html";
  const std::string svg = strip_svg(run, 0);
  EXPECT_EQ(test::occurrences(svg, "<circle"), 40U);
  EXPECT_EQ(test::occurrences(svg, "<rect class=\"band\""), 1U);
  EXPECT_NE(svg.find("href=\"./scan-17.html\""), std::string::npos);
  EXPECT_EQ(test::occurrences(strip_svg(run, 1), "<circle"), 32U) << "absent values are not drawn";
  for (RunRow& each : run.rows) each.measures[0] = 0.7;
  EXPECT_EQ(test::occurrences(strip_svg(run, 0), "nan"), 0U) << "all values alike";
  for (RunRow& each : run.rows) each.measures.clear();
  EXPECT_EQ(strip_svg(run, 0), "");
}

TEST(RunRow, TakesTheNamedMeasuresAndAThumbnail) {
  const core::Grid grid = test::grid_of({0, 1, 2}, {true, false, false}, {150, 190, 140}, {3, 3, 3});
  ScanReport report = test::made_report(test::made_images(grid), "calm");
  report.measures = {{"a", 1.5, {}, "", "", {}, ""}, {"b", {}, {}, "why not", "", {}, ""}};
  const RunRow made =
      run_row(report, {{"b", "", "", {}}, {"a", "", "", {}}, {"missing", "", "", {}}}, "page.html");
  ASSERT_EQ(made.measures.size(), 3U);
  EXPECT_FALSE(made.measures[0]);
  EXPECT_EQ(made.measures[1], 1.5);
  EXPECT_FALSE(made.measures[2]);
  EXPECT_EQ(made.warnings, 1U);
  EXPECT_FALSE(made.thumbnail_png.empty());
  EXPECT_LT(made.thumbnail_png.size(), 2560U);
}

}  // namespace
}  // namespace isoscan::report
