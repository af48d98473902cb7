// The program as a BIDS App, and its outputs as BIDS data sets.
#include <cstdlib>
#include <string>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

class BidsApp : public Program {
 protected:
  void SetUp() override {
    ASSERT_EQ(demo_->status, 0) << demo_->output;
    core::write_file(
        bids() / "dataset_description.json",
        R"({"Name": "made up", "BIDSVersion": "1.8.0", "License": "CC0", "DatasetDOI": "doi:10.1/x"})");
    core::write_file(bids() / "README", "Heads that nobody has.\n");
    core::write_file(bids() / "T1w.json", R"({"Manufacturer": "Siemens", "MagneticFieldStrength": 3})");
    place("new01", "sub-01/ses-1/anat/sub-01_ses-1_acq-a_T1w.nii.gz");
    place("new02", "sub-01/ses-1/anat/sub-01_ses-1_acq-a_rec-b_T1w.nii.gz");
    place("new03", "sub-02/anat/sub-02_T1w.nii.gz");
    before_ = digests(bids());
  }
  void TearDown() override { EXPECT_EQ(digests(bids()), before_) << "the input is never written to"; }

  [[nodiscard]] fs::path bids() const { return folder / "bids"; }
  void place(const std::string& person, const std::string& name) const {
    core::write_file(bids() / name, core::read_file(scans() / "new-hospital" / ("sub-" + person) / "anat" /
                                                    ("sub-" + person + "_T1w.nii.gz")));
  }
  [[nodiscard]] std::string participant(const std::string& out, const std::string& more = "") const {
    return "bids " + bids().string() + " " + (folder / out).string() + " participant --reference " +
           (harmonized() / "reference.isoref").string() + " --method two-pass --nprocs 1 " + more;
  }
  [[nodiscard]] std::string group(const std::string& out, const std::string& more = "") const {
    return "bids " + bids().string() + " " + (folder / out).string() + " group " + more;
  }

  test::TemporaryFolder folder;

 private:
  std::map<std::string, std::string> before_;
};

const std::string kA = "sub-01/ses-1/anat/sub-01_ses-1_acq-a_desc-harmonized_T1w";
const std::string kB = "sub-01/ses-1/anat/sub-01_ses-1_acq-a_rec-b_desc-harmonized_T1w";
const std::string kC = "sub-02/anat/sub-02_desc-harmonized_T1w";

/// 0, 1, or 77 where there is no validator.
Finished validator(const fs::path& data_set) {
  const std::string line =
      "node " + std::string(ISOSCAN_SOURCE_DIR) + "/tests/bids/validate.mjs " + data_set.string() + " 2>&1";
  Finished finished;
  FILE* pipe = ::popen(line.c_str(), "r");
  char block[4096];
  while (const std::size_t got = std::fread(block, 1, sizeof block, pipe)) finished.output.append(block, got);
  const int status = ::pclose(pipe);
  finished.status = WEXITSTATUS(status) == 127 ? 77 : WEXITSTATUS(status);
  return finished;
}

constexpr const char* kNoValidator = "skipped: no Node.js or no BIDS validator here (scripts/bids-validator)";

TEST_F(BidsApp, JobsAtTheSameTimeGiveTheSameAsOneJobAndAsHarmonize) {
  const Finished one = isoscan_program(participant("one"));
  ASSERT_EQ(one.status, 0) << one.output;
  EXPECT_FALSE(fs::exists(folder / "one/reports/index.html")) << "the business of group";
  const std::string both = std::string(ISOSCAN_PROGRAM) + " " +
                           participant("two", "--participant-label sub-01") +
                           " >/dev/null 2>&1 & first=$!; " + ISOSCAN_PROGRAM + " " +
                           participant("two", "--participant_label 02 -w " + (folder / "work").string()) +
                           " >/dev/null 2>&1 && wait $first";
  ASSERT_EQ(std::system(both.c_str()), 0);
  for (const char* out : {"one", "two"}) {
    const Finished all = isoscan_program(group(out));
    EXPECT_EQ(all.status, 0) << all.output;
    EXPECT_TRUE(has(all.output, "3 scans harmonized")) << all.output;
  }
  EXPECT_EQ(digests(folder / "two"), digests(folder / "one"));
  // The map is fitted on all scans, as the demo's is on the same three.
  for (const auto& [name, person] :
       {std::pair{kA, "new01"}, std::pair{kB, "new02"}, std::pair{kC, "new03"}}) {
    const std::string plain = "sub-" + std::string(person);
    EXPECT_EQ(core::sha256_file(folder / "one" / (name + ".nii.gz")),
              core::sha256_file(harmonized() / plain / "anat" / (plain + "_desc-harmonized_T1w.nii.gz")));
  }
  const config::Json manifest = config::read_json(folder / "one/manifest.json", config::Schema::Manifest);
  for (const config::Json& output : manifest.at("outputs").items()) {
    EXPECT_EQ(core::sha256_file(folder / "one" / output.at("path").as_string()),
              output.at("sha256").as_string());
  }
  const config::Json sidecar = config::read_json(folder / "one" / (kB + ".json"));
  EXPECT_EQ(sidecar.at("Sources").items().at(0).as_string(),
            "bids:source:sub-01/ses-1/anat/sub-01_ses-1_acq-a_rec-b_T1w.nii.gz");
  EXPECT_EQ(sidecar.at("Manufacturer").as_string(), "Siemens") << "inherited";
  const config::Json description = config::read_json(folder / "one/dataset_description.json");
  EXPECT_EQ(description.at("DatasetLinks").at("source").as_string(), "doi:10.1/x");
  for (const auto& [path, digest] : digests(folder / "one")) {
    if (has(path, ".nii.gz")) continue;
    EXPECT_FALSE(has(core::read_file(folder / "one" / path), folder.path().string())) << path;
  }
  const Finished valid = validator(folder / "one");
  if (valid.status == 77) GTEST_SKIP() << kNoValidator;
  EXPECT_EQ(valid.status, 0) << valid.output;
  EXPECT_FALSE(has(valid.output, "README_FILE_MISSING") || has(valid.output, "[License]")) << valid.output;
}

TEST_F(BidsApp, GroupSaysWhoIsMissingAndComputesNothing) {
  EXPECT_EQ(isoscan_program(group("out")).status, 3);
  with_results(folder / "out");
  const Finished first = isoscan_program(participant("out", "--participant-label 01 --session-id 1"));
  ASSERT_EQ(first.status, 0) << first.output;
  EXPECT_TRUE(has(first.output, "2 of them asked for")) << first.output;
  EXPECT_FALSE(fs::exists(folder / "out/sub-02") || fs::exists(folder / "out/status/sub-02.json"));
  const Finished plan = isoscan_program(group("out", "--dry-run"));
  EXPECT_TRUE(has(plan.output, "would collect 2 of 3 scans; missing: sub-02")) << plan.output;
  const Finished some = isoscan_program(group("out"));
  EXPECT_EQ(some.status, 8) << some.output;
  EXPECT_TRUE(has(some.output, "missing: 1 scan that no participant job has finished: sub-02"))
      << some.output;
  EXPECT_TRUE(has(core::read_file(folder / "out/reports/index.html"), "sub-02"));
  const Finished asked = isoscan_program(group("out", "--participant-label 01 --reports-only"));
  EXPECT_EQ(asked.status, 0) << asked.output;
  // Pages again: nothing is computed, and what is not computed is said.
  fs::remove_all(folder / "out/reports");
  const Finished again = isoscan_program(participant("out", "--participant-label 01 --reports-only"));
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(has(again.output, "nothing to do")) << again.output;
  EXPECT_TRUE(fs::exists(folder / "out/reports/sub-01_ses-1_acq-a.html"));
  const Finished not_yet = isoscan_program(participant("out", "--participant-label 02 --reports-only"));
  EXPECT_EQ(not_yet.status, 3) << not_yet.output;
  EXPECT_TRUE(has(not_yet.output, "of sub-02 is not")) << not_yet.output;
  // A job with other options does not go with the others.
  ASSERT_EQ(isoscan_program(participant("out", "--participant-label 02 --bound 0.1")).status, 0);
  const Finished mixed = isoscan_program(group("out"));
  EXPECT_EQ(mixed.status, 3) << mixed.output;
  EXPECT_TRUE(has(mixed.output, "different options")) << mixed.output;
}

TEST_F(BidsApp, ASiteModelIsAppliedWithoutFitting) {
  const std::string line = "bids " + bids().string() + " " + (folder / "out").string() +
                           " participant --site " + (harmonized() / "sites/new-hospital.isosite").string() +
                           " --participant-label 02";
  const Finished run = isoscan_program(line);
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(core::sha256_file(folder / "out" / (kC + ".nii.gz")),
            core::sha256_file(harmonized() / "sub-new03/anat/sub-new03_desc-harmonized_T1w.nii.gz"));
  EXPECT_FALSE(fs::exists(folder / "out/.isoscan/fit-site"));
  EXPECT_EQ(isoscan_program(line + " --method two-pass").status, 2);
}

TEST_F(BidsApp, MistakesGiveOneLineAndTheDocumentedStatus) {
  const auto expect = [&](const std::string& line, int status, const std::string& words) {
    const Finished run = isoscan_program(line);
    EXPECT_EQ(run.status, status) << line << '\n' << run.output;
    EXPECT_TRUE(has(run.output, words)) << run.output;
  };
  const Finished help = isoscan_program("bids --help");
  EXPECT_EQ(help.status, 0);
  for (const char* word : {"--participant-label", "--session-id", "--nprocs", "--mem", "--work-dir",
                           "--dry-run", "--reports-only", "--reference", "--site", "examples:"})
    EXPECT_TRUE(has(help.output, word)) << word;
  const std::string reference = " --reference " + (harmonized() / "reference.isoref").string();
  const std::string out = " " + (folder / "out").string();
  expect("bids " + bids().string() + out + " subject" + reference, 2, "participant or group");
  expect("bids " + bids().string() + out + " participant", 2, "--reference");
  expect("bids " + (scans() / "new-hospital").string() + out + " participant" + reference, 3,
         "no dataset_description.json");
  expect("bids " + (folder / "nowhere").string() + out + " participant" + reference, 4, "no such folder");
  expect(participant("out", "--participant-label 7"), 2, "there is 01, 02");
  expect("bids " + bids().string() + " " + bids().string() + " participant" + reference, 2,
         "originals stay untouched");
  expect("bids " + bids().string() + " " + (bids() / "out").string() + " participant" + reference, 2,
         "choose a folder outside, or one below its derivatives/");
  const Finished within =
      isoscan_program("bids " + bids().string() + " " + (bids() / "derivatives/isoscan").string() +
                      " participant" + reference + " --dry-run");
  EXPECT_EQ(within.status, 0) << within.output;
  core::write_file(folder / "nameless/dataset_description.json", R"({"Name": "x"})");
  expect("bids " + (folder / "nameless").string() + out + " participant" + reference, 3, "BIDSVersion");
  EXPECT_FALSE(fs::exists(folder / "out/dataset_description.json"));
  const Finished plan = isoscan_program(participant("out", "--dry-run --participant-label 02"));
  EXPECT_EQ(plan.status, 0) << plan.output;
  EXPECT_TRUE(has(plan.output, "apply: would run: sub-02")) << plan.output;
}

TEST_F(BidsApp, LabelsChooseScansForTheOtherCommandsToo) {
  const Finished run = isoscan_program("convert " + bids().string() + " --acquisition acq-a --out " +
                                       (folder / "converted").string());
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(has(run.output, "2 scans converted") && has(run.output, "1 left out")) << run.output;
  EXPECT_FALSE(fs::exists(folder / "converted/sub-02"));
  const Finished planned = isoscan_program(
      "harmonize " + bids().string() + " --reference " + (harmonized() / "reference.isoref").string() +
      " --participant-label 02 --dry-run --out " + (folder / "h").string());
  EXPECT_EQ(planned.status, 0) << planned.output;
  EXPECT_FALSE(has(planned.output, "sub-01")) << planned.output;
  const Finished valid = validator(folder / "converted");
  if (valid.status == 77) GTEST_SKIP() << kNoValidator;
  EXPECT_EQ(valid.status, 0) << valid.output;
}

TEST_F(Program, HarmonizedAndConvertedScansAreValidBids) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  ASSERT_EQ(
      isoscan_program("convert " + (scans() / "new-hospital").string() + " --out " + (folder / "c").string())
          .status,
      0);
  for (const fs::path& data_set : {harmonized(), folder / "c"}) {
    const Finished valid = validator(data_set);
    if (valid.status == 77) GTEST_SKIP() << kNoValidator;
    EXPECT_EQ(valid.status, 0) << data_set << '\n' << valid.output;
  }
  // It can fail: a name that BIDS does not know.
  fs::copy_file(folder / "c/README", folder / "c/sub-new01/anat/notes.txt");
  EXPECT_EQ(validator(folder / "c").status, 1);
}

}  // namespace
}  // namespace isoscan
