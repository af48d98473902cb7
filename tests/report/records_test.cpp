// What is kept of a report: it reads back, makes the same page, and damaged records are refused by name.
#include <algorithm>

#include <boost/filesystem.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/report/libraries.hpp"
#include "isoscan/report/report_folder.hpp"
#include "isoscan/report/site_effect.hpp"
#include "isoscan/test/support.hpp"

#include "html.hpp"
#include "made_scan.hpp"

namespace isoscan::report {
namespace {

namespace fs = boost::filesystem;
using config::Json;

ScanReport report_named(const std::string& id) {
  ScanReport report = test::made_report(
      test::made_images(test::grid_of({2, 0, 1}, {true, false, true}, {150, 190, 140}, {3, 3, 3})), "calm");
  report.id = id;
  report.provenance.input_sha256 = core::sha256("in");
  report.provenance.output_sha256 = core::sha256("out" + id);
  report.provenance.site_scans = 5;
  report.provenance.reference_scans = 20;
  report.measures = {{"M", 0.7, 0.6, "", "mm", Range{0.65, 0.75}, "what", Direction::Near, 0.7, 0.05, 0.62},
                     {"N", {}, {}, "no air", "", {}, "what", Direction::Higher}};
  report.measures[0].fitted_sd = 0.03;
  report.measures[0].site = Range{0.5, 0.7};
  report.images->reference_like = report.images->before;
  report.images->reference_people = 6;
  report.images->half_width = report.images->before;
  return report;
}

void put(const fs::path& folder, const std::vector<ReportFile>& files) {
  for (const ReportFile& file : files) core::write_file(folder / file.path, file.bytes);
}

fs::path made_folder(const test::TemporaryFolder& temporary) {
  const fs::path folder = temporary.path() / "reports";
  std::vector<ScanReport> facts;
  for (const char* id : {"sub-1", "sub-2"}) {
    const ScanRecord record = scan_record(report_named(id));
    put(folder, scan_files(record));
    facts.push_back(record.facts);
  }
  ScanReport lost;
  lost.id = "sub-3";
  lost.reason = "the file ends early";
  put(folder, scan_files({lost, std::nullopt}));
  facts.push_back(lost);
  RunReport run;
  set_scans(run, facts, {"M"});
  for (RunRow& row : run.rows) row.thumbnail = row.id == "sub-3" ? "" : "thumbnails/" + row.id + ".png";
  put(folder, run_files(run));
  return folder;
}

TEST(Records, ThePageFollowsFromTheRecordAlone) {
  const ScanRecord record = scan_record(report_named("sub-1"));
  const ScanRecord read{facts_of(Json::parse(facts_json(record.facts).dump(), "facts"), "facts"),
                        figures_of(Json::parse(figures_json(*record.figures).dump(), "figures"), "figures")};
  EXPECT_EQ(core::sha256(scan_page(read)), core::sha256(scan_page(record)));
  EXPECT_EQ(scan_page(read), scan_page(report_named("sub-1")));
  EXPECT_EQ(facts_json(read.facts), facts_json(record.facts));
  EXPECT_EQ(figures_json(*read.figures), figures_json(*record.figures));
}

TEST(Records, AllPagesAreMadeAgainFromTheFolderByteForByte) {
  const test::TemporaryFolder temporary;
  const fs::path folder = made_folder(temporary);
  std::map<std::string, std::string> before;
  for (const char* page :
       {"index.html", "scans.tsv", "excluded.tsv", "sub-1.html", "sub-2.html", "sub-3.html"}) {
    before[page] = core::sha256_file(folder / page);
    fs::remove(folder / page);
  }
  core::Context context;
  context.threads = 2;
  EXPECT_EQ(rebuild(folder, context).size(), before.size());
  for (const auto& [page, digest] : before) EXPECT_EQ(core::sha256_file(folder / page), digest) << page;
}

TEST(Records, WhatIsDamagedOrMissingIsNamedWithTheCure) {
  const test::TemporaryFolder temporary;
  const fs::path folder = made_folder(temporary);
  const auto message = [&] {
    try {
      (void)rebuild(folder, core::Context{});
    } catch (const core::Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing was wrong");
  };
  const std::string facts = core::read_file(folder / "sub-2.json");
  core::write_file(folder / "sub-2.json", facts.substr(0, facts.size() / 2));
  EXPECT_THAT(message(), testing::AllOf(testing::HasSubstr("sub-2.json"), testing::HasSubstr("again")));
  core::write_file(folder / "sub-2.json", core::read_file(folder / "sub-1.json"));
  EXPECT_THAT(message(), testing::HasSubstr("is of the scan sub-1"));
  core::write_file(folder / "sub-2.json", facts);
  fs::remove(folder / "figures/sub-1.json");
  EXPECT_THAT(message(), testing::HasSubstr("figures/sub-1.json: is not there"));
  Json run = config::read_json(folder / "index.json");
  run["scans"].items().at(0)["scan"] = "../../etc/passwd";
  core::write_file(folder / "index.json", run.dump());
  EXPECT_THAT(message(), testing::HasSubstr("index.json")) << "a name leads nowhere else";
}

TEST(Records, APictureThatIsNoPngIsRefused) {
  Json figures = figures_json(*scan_record(report_named("sub-1")).figures);
  figures["rows"].items().at(0)["tiles"].items().at(0)["before"] = "https://example.org/x.png";
  EXPECT_THROW((void)figures_of(figures, "figures"), core::Error);
}

TEST(Records, TablesHoldEveryScanAndNoFormula) {
  RunReport run;
  ScanReport scan;
  scan.id = "sub-1";
  scan.reason = "=HYPERLINK(\"x\")\tand\nmore";
  set_scans(run, {scan}, {});
  run.set_aside = {{"loc", "a localizer", false}, {"cut.nii", "ends early", true}};
  EXPECT_EQ(scans_table(run),
            "scan\tsite\tverdict\twarnings\treason\toutput_sha256\nsub-1\t\tfailed\t0\t'=HYPERLINK(\"x\") "
            "and more\tn/a\n");
  EXPECT_EQ(excluded_table(run),
            "name\twhat\treason\nsub-1\tfailed\t'=HYPERLINK(\"x\") and more\nloc\tskipped\ta localizer\n"
            "cut.nii\tcould not be read\tends early\n");
}

TEST(SiteEffect, IsTheDifferenceOfMeansInSdsAgainstChance) {
  RunReport run;
  std::vector<ScanReport> scans;
  for (const double shift : {-0.01, 0.01}) {
    ScanReport scan = report_named(shift < 0 ? "a" : "b");
    scan.images.reset();
    scan.measures[0].value = 0.75 + shift;   // mean 0.75: one SD above 0.70
    scan.measures[0].before = 0.55 + shift;  // three below
    scans.push_back(scan);
  }
  set_scans(run, scans, {"M"});
  const auto effects = site_effects(run);
  ASSERT_EQ(effects.size(), 1U) << "N has no reference";
  EXPECT_NEAR(effects[0].after, 1.0, 1e-9);
  EXPECT_NEAR(effects[0].before.value(), -3.0, 1e-9);
  EXPECT_NEAR(effects[0].chance, 1.959964 * std::sqrt(1.0 / 2 + 1.0 / 20), 1e-9);
  EXPECT_NEAR(effects[0].drift.value(), (0.55 - 0.62) / 0.05, 1e-9);
  EXPECT_NEAR(effects[0].drift_chance, 1.959964 * std::sqrt(1.0 / 2 + 1.0 / 5), 1e-9);
  EXPECT_THAT(sample_size_words(run.sites.at(0)), testing::HasSubstr("Learnt from 5 scans against 20"));
}

// Under no difference, 95 % of runs lie within.
TEST(SiteEffect, AScanWithoutAnOutputHidesNothingOfItsSite) {
  RunReport run;
  ScanReport lost = report_named("a");
  lost.images.reset();
  lost.measures.clear();
  ScanReport scan = report_named("b");
  scan.images.reset();
  set_scans(run, {lost, scan}, {"M"});
  EXPECT_EQ(run.sites.at(0).fitted.at(0), scan.measures[0].fitted);
  EXPECT_EQ(run.sites.at(0).fitted_sd.at(0), scan.measures[0].fitted_sd);
}

TEST(SiteEffect, NothingDriftsFromItself) {
  RunReport run;
  ScanReport scan = report_named("a");
  scan.images.reset();
  scan.provenance.learnt_here = true;
  set_scans(run, {scan}, {"M"});
  ASSERT_EQ(site_effects(run).size(), 1U);
  EXPECT_FALSE(site_effects(run)[0].drift.has_value());
  EXPECT_THAT(drift_words(run.sites.at(0)), testing::HasSubstr("these very scans"));
  const RunReport read = run_report_of(Json::parse(to_json(run).dump(), "index"), "index");
  EXPECT_TRUE(read.sites.at(0).learnt_here);
  EXPECT_EQ(read.sites.at(0).fitted_sd, run.sites.at(0).fitted_sd);
  scan.provenance.learnt_here = false;
  set_scans(run, {scan}, {"M"});
  EXPECT_TRUE(site_effects(run)[0].drift.has_value());
  EXPECT_EQ(drift_words(run.sites.at(0)), "");
  scan.measures[0].fitted.reset();
  set_scans(run, {scan}, {"M"});
  EXPECT_FALSE(site_effects(run)[0].drift.has_value());
  EXPECT_THAT(drift_words(run.sites.at(0)), testing::HasSubstr("earlier version"));
}

TEST(Records, ThoseOfEarlierVersionsAreRead) {
  const ScanRecord record = scan_record(report_named("sub-1"));
  Json facts = facts_json(record.facts);
  facts["format"] = "isoscan-scan-report-1";
  facts["provenance"].members().erase("learnt_here");
  EXPECT_FALSE(facts_of(facts, "facts").provenance.learnt_here);
  Json figures = figures_json(*record.figures);
  figures["format"] = "isoscan-scan-figures-1";
  for (const char* key : {"has_reference", "reference_people", "reference_missing"})
    figures.members().erase(key);
  for (Json& row : figures["rows"].items()) {
    for (Json& tile : row["tiles"].items()) {
      tile.members().erase("reference");
      tile.members().erase("voxels");
    }
  }
  const ScanFigures read = figures_of(figures, "figures");
  EXPECT_FALSE(read.has_reference);
  EXPECT_FALSE(read.rows.at(0).tiles.at(0).voxels.has_value());
  EXPECT_THAT(scan_page({record.facts, read}), testing::HasSubstr("record is of an earlier version"));
}

TEST(Libraries, ChangeWithEachTemplate) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::path(ISOSCAN_SOURCE_DIR) / "modules/report/templates"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string list;
  for (const fs::path& file : files) list += core::sha256_file(file) + "  " + file.filename().string() + "\n";
  EXPECT_THAT(libraries(), testing::EndsWith("templates " + core::sha256(list).substr(0, 16)))
      << "pages of other templates have another key";
}

TEST(SiteEffect, ChanceHoldsNineteenOfTwentyRuns) {
  core::Random random(7);
  int inside = 0;
  constexpr int kRuns = 4000;
  for (int n = 0; n < kRuns; ++n) {
    double site = 0.0;
    double reference = 0.0;
    for (int k = 0; k < 6; ++k) site += random.normal() / 6;
    for (int k = 0; k < 15; ++k) reference += random.normal() / 15;
    inside += std::abs(site - reference) <= chance_of_difference(6, 15) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(inside) / kRuns, 0.95, 0.01);
}

}  // namespace
}  // namespace isoscan::report
