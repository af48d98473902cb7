// What `explain` and --dry-run say: what failed apart from what would run, and of bad inputs the same as the
// run.
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

/// A folder with one good scan and one that ends too soon, seen by nothing that reads headers alone.
void write_mixed(const fs::path& folder, const fs::path& good) {
  const std::string bytes = core::read_file(good);
  core::write_file(folder / "sub-good_T1w.nii.gz", bytes);
  core::write_file(folder / "sub-cut_T1w.nii.gz", bytes.substr(0, bytes.size() / 2));
}

TEST_F(Program, ExplainTellsWhatFailedFromWhatWouldRun) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  write_mixed(folder / "in", scans() / "new-hospital/sub-new01/anat/sub-new01_T1w.nii.gz");
  const std::string run = "harmonize " + (folder / "in").string() + " --reference " +
                          (harmonized() / "reference.isoref").string() + " --method none --cores 2 --out " +
                          (folder / "out").string();
  const Finished first = isoscan_program(run);
  EXPECT_EQ(first.status, 8) << first.output;
  for (const std::string& command : {"explain " + (folder / "out").string(), run + " --dry-run"}) {
    const Finished words = isoscan_program(command);
    EXPECT_EQ(words.status, 0) << words.output;
    const bool by_run = has(words.output, "failed, would be tried again: sub-cut: ");
    const bool by_find = has(words.output, "broken: sub-cut_T1w.nii.gz: ");  // where finding reads voxels too
    EXPECT_TRUE(by_run || by_find) << words.output;
    EXPECT_TRUE(has(words.output, "apply: done: sub-good: ")) << words.output;
    EXPECT_FALSE(has(words.output, "would run")) << words.output;
  }
}

TEST_F(Program, ADryRunNamesBadInputsAsTheRunDoes) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const fs::path good = scans() / "new-hospital/sub-new01/anat/sub-new01_T1w.nii.gz";
  core::write_file(folder / "empty.tsv", "path\tsubject\n");
  core::write_file(folder / "missing.tsv", "path\tsubject\nno-such.nii.gz\ta\n");
  core::write_file(folder / "half.tsv", "path\tsubject\nno-such.nii.gz\ta\n" + good.string() + "\tb\n");
  fs::create_directories(folder / "empty");
  const std::string reference = (harmonized() / "reference.isoref").string();
  const auto run = [&](const std::string& in, const std::string& against) {
    return "harmonize " + in + " --reference " + against + " --method none --cores 2 --out " +
           (folder / "out").string();
  };
  for (const std::string& command :
       {run((folder / "empty.tsv").string(), reference), run((folder / "missing.tsv").string(), reference),
        run((folder / "empty").string(), reference), run((folder / "nowhere").string(), reference),
        run(good.string(), (folder / "empty").string()),
        run(good.string(), (folder / "no.isoref").string())}) {
    const Finished dry = isoscan_program(command + " --dry-run");
    EXPECT_FALSE(fs::exists(folder / "out")) << command;
    const Finished real = isoscan_program(command);
    EXPECT_NE(real.status, 0) << command;
    EXPECT_EQ(dry.status, real.status) << command << '\n' << dry.output << real.output;
    const auto last_line = [](const std::string& text) {
      return text.substr(text.rfind('\n', text.size() - 2) + 1);
    };
    EXPECT_EQ(last_line(dry.output), last_line(real.output)) << command;
    fs::remove_all(folder / "out");
  }
  const Finished half = isoscan_program(run((folder / "half.tsv").string(), reference) + " --dry-run");
  EXPECT_EQ(half.status, 0) << half.output;
  EXPECT_TRUE(has(half.output, "broken: no-such.nii.gz: ")) << half.output;
  EXPECT_TRUE(has(half.output, "survey: would run: sub-b: never ran")) << half.output;
}

}  // namespace
}  // namespace isoscan
