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
  report.measures[0].reference_people = 20;
  report.images->receive_field = Range{0.82, 1.21};
  report.provenance.seed = 7;
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
  const double t19 = 2.093024;  // of the table
  EXPECT_NEAR(effects[0].chance.value(), t19 * std::sqrt(1.0 / 2 + 1.0 / 20), 1e-5);
  EXPECT_NEAR(effects[0].drift.value(), (0.55 - 0.62) / 0.05, 1e-9);
  EXPECT_NEAR(effects[0].drift_chance.value(), t19 * std::sqrt(1.0 / 2 + 1.0 / 5), 1e-5);
  EXPECT_THAT(sample_size_words(run.sites.at(0)),
              testing::HasSubstr("Learnt from 5 scans against 20 people of the reference"));
  EXPECT_EQ(chance_words(effects),
            "Beyond chance lie, before, 1 of 1 (about 0.050 by chance alone); after, 0 of 1 (about 0.050 by "
            "chance alone).");
}

TEST(SiteEffect, SessionsOfOnePersonAreNoFurtherPeople) {
  RunReport run;
  std::vector<ScanReport> scans;
  for (const auto& [id, value] :
       {std::pair("sub-1_ses-1", 0.70), std::pair("sub-1_ses-2", 0.80), std::pair("sub-2_ses-1", 0.85)}) {
    ScanReport scan = report_named(id);
    scan.images.reset();
    scan.measures[0].value = value;
    scans.push_back(scan);
  }
  set_scans(run, scans, {"M"});
  const auto effects = site_effects(run);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_EQ(effects[0].people, 2U);
  EXPECT_NEAR(effects[0].after, ((0.75 + 0.85) / 2 - 0.70) / 0.05, 1e-9);
}

TEST(SiteEffect, WithoutANumberOfPeopleChanceIsNotKnown) {
  RunReport run;
  ScanReport scan = report_named("a");
  scan.images.reset();
  scan.measures[0].reference_people = 0;
  scan.provenance.reference_scans = 0;
  set_scans(run, {scan}, {"M"});
  const auto effects = site_effects(run);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_FALSE(effects[0].chance.has_value());
  EXPECT_THAT(chance_words(effects), testing::HasSubstr("the chance is not known"));
  EXPECT_THAT(index_page(run), testing::HasSubstr("not known</td>"));
}

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
  EXPECT_EQ(run.sites.at(0).reference.at(0).range, scan.measures[0].reference);
}

// Sites of other spacing are held against other numbers of the same reference.
TEST(SiteEffect, EachSiteHasItsOwnReference) {
  RunReport run;
  std::vector<ScanReport> scans;
  for (const auto& [site, shift] : {std::pair("fine", 0.0), std::pair("coarse", 0.2)}) {
    ScanReport scan = report_named(std::string("sub-") + site);
    scan.images.reset();
    scan.warnings.clear();
    scan.provenance.site = site;
    scan.measures.pop_back();
    Measure& measure = scan.measures[0];
    measure.reference = Range{0.65 + shift, 0.75 + shift};
    measure.reference_mean = 0.7 + shift;
    measure.value = 0.7 + shift;  // in the middle of its own range, outside of the other's
    measure.before = 0.6 + shift;
    measure.fitted = 0.6 + shift;
    scans.push_back(scan);
  }
  for (int turn = 0; turn < 2; ++turn) {
    set_scans(run, scans, {"M"});
    const RunReport read = run_report_of(Json::parse(to_json(run).dump(), "index"), "index");
    EXPECT_EQ(to_json(read), to_json(run));
    EXPECT_FALSE(read.columns[0].reference.has_value()) << "there is none of all";
    for (const SiteEffect& effect : site_effects(read)) {
      EXPECT_NEAR(effect.after, 0.0, 1e-9) << effect.site;
      EXPECT_NEAR(effect.before.value(), -2.0, 1e-9) << effect.site;
    }
    const std::string page = index_page(read);
    EXPECT_THAT(page, testing::HasSubstr("Nothing stands out."));
    EXPECT_EQ(test::occurrences(page, "class=\"num out\""), 0U);
    const Json data = Json::parse(test::between(page, "id=\"data\">", "</script>"), "data");
    for (std::size_t n = 0; n < 2; ++n) {
      const double low = data.at("sites").items().at(n).as_string() == "fine" ? 0.65 : 0.85;
      EXPECT_NEAR(data.at("fits").items().at(n).at("ranges").items().at(0).items().at(0).as_number(), low,
                  1e-5);
    }
    std::swap(scans[0], scans[1]);
  }
  scans[0].measures[0].value = scans[0].measures[0].reference->low - 0.1;
  set_scans(run, scans, {"M"});
  EXPECT_EQ(worst_first(run).front().id, scans[0].id) << "outside of its own";
  EXPECT_EQ(test::occurrences(index_page(run), "\xE2\x96\xBC</td>"), 1U);
}

TEST(SiteEffect, AReferenceOfFewPeopleMarksNothingAndSaysSo) {
  ScanReport scan = report_named("sub-1");
  scan.images.reset();
  scan.warnings.clear();
  scan.measures[0].reference.reset();
  scan.measures[0].reference_people = 4;
  EXPECT_EQ(outside_words(scan.measures), "Reference of 4 people: too few to call a scan unusual.");
  EXPECT_THAT(scan_page(scan), testing::AllOf(testing::HasSubstr("too few to call a scan unusual"),
                                              testing::HasSubstr("too few people</td>")));
  RunReport run;
  set_scans(run, {scan}, {"M"});
  EXPECT_THAT(index_page(run), testing::AllOf(testing::HasSubstr("Reference of 4 people: too few"),
                                              testing::HasSubstr("Nothing stands out.")));
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
  facts["measures"].items().at(0).members().erase("reference_people");
  EXPECT_FALSE(facts_of(facts, "facts").provenance.learnt_here);
  EXPECT_EQ(facts_of(facts, "facts").measures.at(0).reference_people, 0);
  Json figures = figures_json(*record.figures);
  figures["format"] = "isoscan-scan-figures-1";
  for (const char* key : {"has_reference", "reference_people", "reference_missing", "receive_field"})
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
  RunReport run;
  set_scans(run, {record.facts}, {"M"});
  Json index = to_json(run);
  index["format"] = "isoscan-run-report-2";
  for (Json& site : index["sites"].items()) site.members().erase("reference");
  const RunReport earlier = run_report_of(index, "index");
  ASSERT_EQ(site_effects(earlier).size(), 1U) << "the columns' numbers, the site's count";
  EXPECT_EQ(site_effects(earlier)[0].chance, site_effects(run)[0].chance);
}

// Values before of earlier forms hold the receive field: the page may not say that all is measured alike.
TEST(Records, ThoseOfEarlierFormsKeepTheirFormAndAreNotCalledAlike) {
  const ScanRecord record = scan_record(report_named("sub-1"));
  EXPECT_THAT(scan_page(record), testing::HasSubstr("before and after alike"));
  for (const int form : {1, 2, 3, 4}) {
    const bool alike = form > 2;
    const bool says_what_cannot_change = form > 3;
    Json facts = facts_json(record.facts);
    facts["format"] = "isoscan-scan-report-" + std::to_string(form);
    ScanReport read = facts_of(facts, "facts");
    EXPECT_EQ(facts_json(read), facts);
    EXPECT_EQ(test::occurrences(scan_page({read, record.figures}), "not measured alike"), alike ? 0U : 1U);
    EXPECT_EQ(test::occurrences(scan_page({read, record.figures}), "before and after alike"),
              alike ? 1U : 0U);
    EXPECT_EQ(test::occurrences(scan_page({read, record.figures}), "of an earlier version"),
              says_what_cannot_change ? 0U : 1U);
    EXPECT_EQ(test::occurrences(scan_page({read, record.figures}), "shares of tissue, partial volume"),
              says_what_cannot_change ? 0U : 1U);
    read.verdict = Verdict::PassedThrough;
    EXPECT_EQ(test::occurrences(scan_page({read, record.figures}), "was measured with its receive field"),
              alike ? 0U : 1U);
    RunReport run;
    set_scans(run, {read, record.facts}, {"M"});
    EXPECT_EQ(run.form, form) << "the earliest";
    const RunReport again = run_report_of(Json::parse(to_json(run).dump(), "index"), "index");
    EXPECT_EQ(again.form, form);
    EXPECT_EQ(test::occurrences(index_page(again), "This record is of an earlier version"),
              says_what_cannot_change ? 0U : 1U);
    EXPECT_EQ(test::occurrences(index_page(again), "shares of tissue, partial volume"),
              says_what_cannot_change ? 0U : 1U);
    EXPECT_EQ(test::occurrences(index_page(again), "Not measured alike: "), alike ? 0U : 1U);
  }
}

TEST(SiteEffect, WhatCannotChangeIsNotLeftOver) {
  ScanReport scan = report_named("a");
  scan.images.reset();
  scan.warnings.clear();
  scan.measures[0].value = scan.measures[0].before = 2.0;  // 26 SD
  scan.measures[0].cannot_change = true;
  scan.measures.push_back(scan.measures[0]);
  scan.measures[2].name = "O";
  scan.measures[2].value = 0.7;
  scan.measures[2].cannot_change = false;
  EXPECT_TRUE(facts_of(Json::parse(facts_json(scan).dump(), "facts"), "facts").measures[0].cannot_change);
  EXPECT_THAT(scan_page(scan), testing::HasSubstr("harmonizing cannot change it"));
  RunReport run;
  set_scans(run, {scan}, {"M"});
  run = run_report_of(Json::parse(to_json(run).dump(), "index"), "index");
  const auto effects = site_effects(run);
  ASSERT_EQ(effects.size(), 2U);
  EXPECT_TRUE(effects[0].cannot_change);
  EXPECT_FALSE(effects[1].cannot_change);
  EXPECT_THAT(chance_words(effects),
              testing::AllOf(testing::HasSubstr("before, 2 of 2"), testing::HasSubstr("after, 0 of 1"),
                             testing::HasSubstr("Of 1 difference that the input's tissue classes")));
  EXPECT_EQ(test::occurrences(index_page(run), "as before</td>"), 1U);
}

TEST(Drift, AFurtherScanLiesInTheBandByStudentsT) {
  RunReport run;
  ScanReport scan = report_named("a");
  scan.images.reset();
  const auto reach = [&] {
    set_scans(run, {scan}, {"M"});
    const Json data = Json::parse(test::between(index_page(run), "id=\"data\">", "</script>"), "data");
    return data.at("fits").items().at(0).at("reach").items().at(0);
  };
  EXPECT_NEAR(reach().as_number(), 2.093024 * std::sqrt(1.0 + 1.0 / 5), 1e-4) << "t of 19, learnt from 5";
  scan.measures[0].reference_people = 4;
  EXPECT_NEAR(reach().as_number(), 3.182446 * std::sqrt(1.0 + 1.0 / 5), 1e-4) << "t of 3";
  scan.measures[0].reference_people = 0;
  scan.provenance.reference_scans = 0;
  EXPECT_TRUE(reach().is_null());
}

// Five scans of three people tell of people what three scans do.
TEST(SiteEffect, AMapLearntFromSessionsIsOfSoManyPeople) {
  RunReport run;
  ScanReport scan = report_named("a");
  scan.provenance.site_people = 3;
  EXPECT_THAT(scan_page(scan), testing::HasSubstr("usual among the 5 scans of 3 people, before"));
  scan.images.reset();
  scan = facts_of(Json::parse(facts_json(scan).dump(), "facts"), "facts");
  set_scans(run, {scan}, {"M"});
  run = run_report_of(Json::parse(to_json(run).dump(), "index"), "index");
  ASSERT_EQ(run.sites.size(), 1U);
  const double t19 = 2.093024;
  EXPECT_NEAR(site_effects(run).at(0).drift_chance.value(), t19 * std::sqrt(1.0 + 1.0 / 3), 1e-5);
  EXPECT_THAT(sample_size_words(run.sites[0]),
              testing::HasSubstr("Learnt from 5 scans of 3 people against 20 people of the reference: a "
                                 "difference below 1.3 SD"));  // t19 sqrt(1/3 + 1/20)
  const Json data = Json::parse(test::between(index_page(run), "id=\"data\">", "</script>"), "data");
  EXPECT_EQ(data.at("fits").items().at(0).at("learnt").as_string(), "5 scans of 3 people");
  EXPECT_NEAR(data.at("fits").items().at(0).at("reach").items().at(0).as_number(),
              t19 * std::sqrt(1.0 + 1.0 / 3), 1e-4);
  run.sites[0].people = 0;
  EXPECT_THAT(sample_size_words(run.sites[0]), testing::HasSubstr("Learnt from 5 scans against"));
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

// The SD is that of few people: with no difference one run in twenty is starred all the same.
TEST(SiteEffect, ChanceHoldsNineteenOfTwentyRuns) {
  core::Random random(7);
  constexpr int kRuns = 4000;
  for (const int people : {4, 15}) {
    int starred = 0;
    for (int n = 0; n < kRuns; ++n) {
      std::vector<double> reference(static_cast<std::size_t>(people));
      double mean = 0.0;
      double squares = 0.0;
      for (double& value : reference) mean += (value = random.normal()) / people;
      for (const double value : reference) squares += (value - mean) * (value - mean);
      RunReport run;
      run.columns = {{"M", "", "", {}}};
      run.sites = {{"", 0, people, {}}};
      run.sites[0].reference = {{{}, mean, std::sqrt(squares / (people - 1)), people}};
      for (int k = 0; k < 6; ++k) {
        RunRow row;
        row.id = "sub-" + std::to_string(k);
        row.measures = {random.normal()};
        run.rows.push_back(row);
      }
      const SiteEffect effect = site_effects(run).at(0);
      starred += std::abs(effect.after) > effect.chance.value() ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(starred) / kRuns, 0.05, 0.012) << people;
  }
}

}  // namespace
}  // namespace isoscan::report
