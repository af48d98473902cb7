// `isoscan report` and `isoscan review --export`: pages from records alone, and the accepted scans. The
// server itself is tested in a browser (tests/browser).
#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

class ReportCommand : public Program {
 protected:
  void SetUp() override {
    ASSERT_EQ(demo_->status, 0) << demo_->output;
    // A copy with files of its own: those of the demo are links into its store.
    copy_ = temporary_.path() / "out";
    for (const auto& [path, digest] : digests(harmonized()))
      core::write_file(copy_ / path, core::read_file(harmonized() / path));
  }

  test::TemporaryFolder temporary_;
  fs::path copy_;
};

TEST_F(ReportCommand, MakesAllPagesAgainByteForByte) {
  const auto before = digests(copy_);
  for (const auto& [path, digest] : before) {
    if (path.starts_with("reports/") && (path.ends_with(".html") || path.ends_with(".tsv")))
      fs::remove(copy_ / path);
  }
  ASSERT_LT(digests(copy_).size(), before.size());
  const Finished made = isoscan_program("report " + copy_.string());
  EXPECT_EQ(made.status, 0) << made.output;
  EXPECT_EQ(digests(copy_), before) << "the manifest too";
}

TEST_F(ReportCommand, APageOfAnotherProgramIsReplacedAndVerifyTakesIt) {
  // As if an older program had made the index page: it drew it with other bytes, and proved those.
  const fs::path page = copy_ / "reports/index.html";
  const std::string right = core::read_file(page);
  const std::string older = "<html>of an older program</html>";
  const auto edit = [](const fs::path& file, const std::string& from, const std::string& to) {
    std::string text = core::read_file(file);
    ASSERT_NE(text.find(from), std::string::npos) << file;
    core::write_file(file, text.replace(text.find(from), from.size(), to));
  };
  core::write_file(page, older);
  for (fs::recursive_directory_iterator at(harmonized() / "provenance"), end; at != end; ++at) {
    if (fs::is_regular_file(at->path()))
      core::write_file(copy_ / fs::relative(at->path(), harmonized()), core::read_file(at->path()));
  }
  core::write_file(copy_ / "run.jsonl", core::read_file(harmonized() / "run.jsonl"));
  const std::string before = core::sha256_file(copy_ / "manifest.json");
  edit(copy_ / "manifest.json", core::sha256(right), core::sha256(older));
  edit(copy_ / "provenance/index.json", before, core::sha256_file(copy_ / "manifest.json"));
  const std::string verify = "verify " + copy_.string() + " --all";
  EXPECT_EQ(isoscan_program(verify).status, 0) << isoscan_program(verify).output;

  ASSERT_EQ(isoscan_program("report " + copy_.string()).status, 0);
  EXPECT_EQ(core::read_file(page), right);
  const Finished after = isoscan_program(verify);
  EXPECT_EQ(after.status, 0) << after.output;
  EXPECT_TRUE(has(after.output, "1 page made again from records")) << after.output;

  // A record that was changed is found, whatever was made of it since.
  const fs::path record = copy_ / "reports/sub-new01.json";
  edit(record, "new-hospital", "old-hospital");
  ASSERT_EQ(isoscan_program("report " + copy_.string()).status, 0);
  const Finished forged = isoscan_program(verify);
  EXPECT_EQ(forged.status, 3) << forged.output;
  EXPECT_TRUE(has(forged.output, "broken: reports/sub-new01.json: was changed after the run"))
      << forged.output;
  EXPECT_FALSE(has(forged.output, "broken: reports/sub-new01.html")) << forged.output;

  // And so is a page that no record gives.
  core::write_file(record, core::read_file(harmonized() / "reports/sub-new01.json"));
  core::write_file(page, right + " ");
  EXPECT_EQ(isoscan_program(verify).status, 3);
}

TEST_F(ReportCommand, RecordsHoldWhatPagesSayAndAreValid) {
  const config::Json facts = config::read_json(copy_ / "reports/sub-new01.json", config::Schema::ScanReport);
  EXPECT_EQ(facts.at("provenance").at("site_scans").as_integer(), 3);
  bool quality = false;
  for (const config::Json& measure : facts.at("measures").items()) {
    const bool has_value = !measure.at("value").is_null();
    EXPECT_NE(has_value, !measure.at("not_applicable").as_string().empty()) << measure.at("name").as_string();
    EXPECT_NE(measure.at("value"), config::Json(-1.0));
    quality = quality || measure.at("name").as_string() == "CJV";
  }
  EXPECT_TRUE(quality);
  (void)config::read_json(copy_ / "reports/figures/sub-new01.json", config::Schema::ScanFigures);
  const config::Json run = config::read_json(copy_ / "reports/index.json", config::Schema::RunReport);
  EXPECT_EQ(run.at("scans").items().size(), 3U);
  EXPECT_TRUE(fs::is_regular_file(copy_ / "reports/thumbnails/sub-new01.png"));
}

// The demo's reference is of four people: nothing can be called unusual, and no page does.
TEST_F(ReportCommand, AReferenceOfFewPeopleAlarmsNobody) {
  const config::Json facts = config::read_json(copy_ / "reports/sub-new01.json");
  const std::string words = "Reference of 4 people: too few to call a scan unusual";
  EXPECT_TRUE(has(facts.at("reason").as_string(), words)) << facts.at("reason").as_string();
  bool counted = false;
  for (const config::Json& measure : facts.at("measures").items()) {
    EXPECT_EQ(measure.find("reference"), nullptr) << measure.at("name").as_string();
    const config::Json* people = measure.find("reference_people");
    counted = counted || (people != nullptr && people->as_integer() == 4);
  }
  EXPECT_TRUE(counted);
  const std::string page = core::read_file(copy_ / "reports/sub-new01.html");
  EXPECT_TRUE(has(page, words));
  EXPECT_FALSE(has(page, "class=\"outside\""));
  EXPECT_TRUE(has(page, "receive field that was divided out first runs from"));
  const std::string index = core::read_file(copy_ / "reports/index.html");
  EXPECT_TRUE(has(index, words));
  EXPECT_FALSE(has(index, "\xE2\x96\xBC</td>") || has(index, "\xE2\x96\xB2</td>"));
  EXPECT_TRUE(has(facts.at("methods_text").as_string(), "reference of 4 people"));
  EXPECT_TRUE(has(facts.at("methods_text").as_string(), "torch"));
  EXPECT_TRUE(has(page, "[1] Wells WM"));
}

TEST_F(ReportCommand, BadInputIsNamedWithItsCure) {
  core::write_file(copy_ / "reports/sub-new02.json", "{\"format\": ");
  Finished made = isoscan_program("report " + copy_.string());
  EXPECT_EQ(made.status, 3) << made.output;
  EXPECT_TRUE(has(made.output, "sub-new02.json") && has(made.output, "again")) << made.output;
  fs::remove(copy_ / "reports/index.json");
  made = isoscan_program("report " + copy_.string());
  EXPECT_EQ(made.status, 4) << made.output;
  made = isoscan_program("report " + scans().string());
  EXPECT_EQ(made.status, 4);
  EXPECT_TRUE(has(made.output, "holds no reports/")) << made.output;
  made = isoscan_program("review " + scans().string());
  EXPECT_EQ(made.status, 4);
  core::write_file(harmonized().parent_path() / "x/reports/index.json", "[]");
  made = isoscan_program("review " + (harmonized().parent_path() / "x").string());
  EXPECT_EQ(made.status, 3) << made.output;
}

TEST_F(ReportCommand, AcceptedScansAreATableThatTheNextCommandTakes) {
  const auto digest_of = [&](const std::string& scan) {
    return config::read_json(copy_ / "reports" / (scan + ".json"))
        .at("provenance")
        .at("output_sha256")
        .as_string();
  };
  core::write_file(copy_ / "ratings.tsv",
                   "time\trater\tscan\trating\tartefacts\tcomment\toutput_sha256\n"
                   "2026-11-29T07:15:00Z\tAnn\tsub-new01\taccept\tn/a\tn/a\t" +
                       digest_of("sub-new01") +
                       "\n2026-11-29T07:15:01Z\tAnn\tsub-new02\treject\tnoise\tn/a\t" +
                       digest_of("sub-new02") + "\n2026-11-29T07:15:02Z\tAnn\tsub-new03\taccept\tn/a\tn/a\t" +
                       std::string(64, '0') + "\n");
  const fs::path table = temporary_.path() / "accepted.tsv";
  const Finished made = isoscan_program("review " + copy_.string() + " --export " + table.string());
  EXPECT_EQ(made.status, 0) << made.output;
  EXPECT_EQ(core::read_file(table),
            "path\tsubject\tsession\tsite\tboxes\n"
            "out/sub-new01/anat/sub-new01_desc-harmonized_T1w.nii.gz\tnew01\t\tnew-hospital\tn/a\n");
  const Finished taken = isoscan_program("info " + table.string());
  EXPECT_EQ(taken.status, 0) << taken.output;
  EXPECT_TRUE(has(taken.output, "sub-new01")) << taken.output;
  config::Json run = config::read_json(copy_ / "reports/index.json");
  for (config::Json& scan : run["scans"].items()) scan["site"] = "a\tb\nc";
  config::write_json(copy_ / "reports/index.json", run);
  const Finished hostile = isoscan_program("review " + copy_.string() + " --export " + table.string());
  EXPECT_EQ(hostile.status, 0) << hostile.output;
  EXPECT_TRUE(has(core::read_file(table), "\tnew01\t\ta\\x09b\\x0ac\tn/a\n")) << core::read_file(table);
  core::write_file(copy_ / "sub-new01/anat/sub-new01_desc-harmonized_T1w.nii.gz", "of somebody else");
  const Finished other = isoscan_program("review " + copy_.string() + " --export " + table.string());
  EXPECT_EQ(other.status, 3) << other.output;
  EXPECT_TRUE(has(other.output, "is not the output that was accepted (sub-new01)")) << other.output;
  core::write_file(copy_ / "ratings.tsv", "no table\n");
  const Finished refused = isoscan_program("review " + copy_.string() + " --export " + table.string());
  EXPECT_EQ(refused.status, 3);
  EXPECT_TRUE(has(refused.output, "ratings.tsv:1")) << refused.output;
}

}  // namespace
}  // namespace isoscan
