// What of the index page needs no script: how many measures lie outside, and which differences of a site are
// told.
#include <gtest/gtest.h>

#include "isoscan/report/run_report.hpp"

#include "html.hpp"

namespace isoscan::report {
namespace {

RunReport run_of_one_site() {
  RunReport run;
  for (const char* name : {"far", "near", "further"}) {
    MeasureColumn column{name, "", "", Range{0.6, 0.8}, Direction::Near};
    column.reference_mean = 0.7;
    column.reference_sd = 0.02;
    run.columns.push_back(column);
  }
  for (int n = 0; n < 6; ++n) {
    RunRow row;
    row.id = "sub-0" + std::to_string(n);
    row.site = "hospital";
    row.verdict = Verdict::Harmonized;
    row.measures = {0.75, 0.7, 0.9};
    row.before = {0.75, 0.7, 0.9};
    run.rows.push_back(row);
  }
  SiteFit site;
  site.site = "hospital";
  site.scans = 6;
  site.reference_scans = 20;
  site.fitted = {0.75, 0.7, 0.9};
  run.sites = {site};
  return run;
}

TEST(GroupPage, MeasuresOutsideAreCountedByScan) {
  const std::string html = index_page(run_of_one_site());
  EXPECT_EQ(test::occurrences(html, "<td class=\"num\">0</td><td class=\"num out\">1</td>"), 6U)
      << "no warning, one measure outside";
}

TEST(GroupPage, DifferencesBeyondChanceComeFirstTheLargestOnTopAndTheRestIsFolded) {
  const std::string html = index_page(run_of_one_site());
  const std::size_t told = html.find("Table of site effects beyond chance");
  const std::size_t folded = html.find("<summary>1 difference within chance</summary>");
  ASSERT_NE(told, std::string::npos);
  ASSERT_NE(folded, std::string::npos);
  const auto cell = [&](const char* name, std::size_t from) {
    return html.find("</bdi></td><td>" + std::string(name) + "</td>", from);
  };
  EXPECT_LT(told, cell("further", told));
  EXPECT_LT(cell("further", told), cell("far", told)) << "10 SD before 2.5 SD";
  EXPECT_LT(cell("far", told), folded);
  EXPECT_GT(cell("near", told), folded);
}

}  // namespace
}  // namespace isoscan::report
