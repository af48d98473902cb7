// What `convert` may replace and remove: what it wrote itself, nothing else.
#include <set>
#include <string>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

class Convert : public testing::Test {
 protected:
  void write_scan(const std::string& name, float first) const {
    core::Volume volume(core::Grid{{20, 20, 20}, {}});
    for (std::size_t n = 0; n < volume.voxels.size(); ++n)
      volume.voxels[n] = first + static_cast<float>(n * 7919 % 1000);
    io::write_nifti(folder / name, volume);
  }
  void cut(const std::string& name) const {
    const std::string bytes = core::read_file(folder / name);
    core::write_file(folder / name, bytes.substr(0, bytes.size() / 2));
  }
  [[nodiscard]] Finished convert(const std::string& out = "out") const {
    return isoscan_program("convert " + (folder / "in").string() + " --out " + (folder / out).string());
  }
  [[nodiscard]] bool there(const std::string& name) const { return fs::exists(folder / name); }

  test::TemporaryFolder folder;
};

TEST_F(Convert, AVolumeOfAScanThatFailsNowIsRemoved) {
  write_scan("in/sub-1_T1w.nii.gz", 1.0F);
  write_scan("in/sub-2_T1w.nii.gz", 2.0F);
  write_scan("in/sub-3_T1w.nii", 3.0F);
  const std::string two = "out/sub-2/anat/sub-2_T1w";
  const std::string three = "out/sub-3/anat/sub-3_T1w";
  ASSERT_EQ(convert().status, 0);
  ASSERT_TRUE(there(two + ".nii.gz") && there(two + ".json") && there(three + ".nii.gz"));
  cut("in/sub-2_T1w.nii.gz");  // seen when it is read
  cut("in/sub-3_T1w.nii");     // seen when it is looked for
  core::write_file(folder / "out/sub-2/anat/notes.txt", "mine");
  const Finished again = convert();
  EXPECT_EQ(again.status, 8) << again.output;
  EXPECT_FALSE(there(two + ".nii.gz") || there(two + ".json"));
  EXPECT_FALSE(there(three + ".nii.gz") || there(three + ".json") || there("out/status/sub-3.json"));
  EXPECT_TRUE(there("out/sub-2/anat/notes.txt"));
  EXPECT_TRUE(there("out/sub-1/anat/sub-1_T1w.nii.gz"));
}

TEST_F(Convert, WhatAKilledRunLeftKeepsNobodyOut) {
  write_scan("in/sub-1_T1w.nii.gz", 1.0F);
  ASSERT_EQ(convert().status, 0);
  const fs::path dead = folder / "out/sub-1/anat/.partial-1a2b-sub-1_T1w.nii.gz";
  core::write_file(dead, "half a volume");
  EXPECT_EQ(convert().status, 0);
  EXPECT_TRUE(fs::exists(dead)) << "another process may be writing it";
  fs::last_write_time(dead, std::time(nullptr) - 7200);
  EXPECT_EQ(convert().status, 0);
  EXPECT_FALSE(fs::exists(dead));
}

TEST_F(Convert, WhenNothingCanBeReadAnyMoreWhatIsStillThereIsSaid) {
  write_scan("in/sub-1_T1w.nii.gz", 1.0F);
  write_scan("in/sub-2_T1w.nii.gz", 2.0F);
  ASSERT_EQ(convert().status, 0);
  fs::remove(folder / "in/sub-2_T1w.nii.gz");
  fs::remove(folder / "in/sub-1_T1w.nii.gz");
  core::write_file(folder / "in/sub-3_T1w.nii", "");
  const Finished run = convert();
  EXPECT_EQ(run.status, 3) << run.output;
  EXPECT_TRUE(has(run.output, "still holds 2 scans of an earlier run")) << run.output;
}

TEST_F(Convert, ChoicesOfReadingAreTakenAndRecorded) {
  write_scan("in/sub-1_T1w.nii", 1.0F);
  std::string bytes = core::read_file(folder / "in/sub-1_T1w.nii");
  bytes[40] = 4;  // dim: 20 x 20 x 10, twice
  bytes[46] = 10;
  bytes[48] = 2;
  core::write_file(folder / "in/sub-1_T1w.nii", bytes);
  const Finished refused = convert();
  EXPECT_EQ(refused.status, 3) << refused.output;
  const fs::path status = (*fs::directory_iterator(folder / "out/status")).path();
  EXPECT_TRUE(has(core::read_file(status), "holds 2 volumes")) << core::read_file(status);
  const Finished taken = convert("out --first-volume --scaling stored");
  EXPECT_EQ(taken.status, 0) << taken.output;
  const config::Json sidecar = config::read_json(folder / "out/sub-1/anat/sub-1_T1w.json");
  EXPECT_TRUE(sidecar.at("ReadChoices").at("FirstVolume").as_bool());
  EXPECT_EQ(sidecar.at("ReadChoices").at("Scaling").as_string(), "stored");
  EXPECT_EQ(sidecar.at("Notes").items().at(0).as_string(), "the first of 2 volumes");
  EXPECT_EQ(io::read_nifti(folder / "out/sub-1/anat/sub-1_T1w.nii.gz").volume.grid.size[2], 10);
  const Finished wrong = convert("out --scaling best");
  EXPECT_EQ(wrong.status, 2) << wrong.output;
  EXPECT_TRUE(has(wrong.output, "real-world")) << wrong.output;
}

TEST_F(Convert, ScansOfAnEarlierRunStayAndAreNamed) {
  write_scan("in/sub-1_T1w.nii.gz", 1.0F);
  write_scan("in/sub-2_T1w.nii.gz", 2.0F);
  ASSERT_EQ(convert().status, 0);
  fs::remove(folder / "in/sub-2_T1w.nii.gz");
  const Finished again = convert();
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(has(again.output, "still holds 1 scan of an earlier run, as sub-2_T1w")) << again.output;
  EXPECT_TRUE(there("out/sub-2/anat/sub-2_T1w.nii.gz"));
}

TEST_F(Convert, WhatOthersMadeIsNeverOverwritten) {
  write_scan("in/sub-1_T1w.nii.gz", 1.0F);
  write_scan("theirs/sub-1/anat/sub-1_T1w.nii.gz", 5.0F);
  core::write_file(folder / "theirs/dataset_description.json",
                   R"({"Name": "A study", "BIDSVersion": "1.8.0"})");
  write_scan("bare/sub-1/ses-1/anat/sub-1_ses-1_T1w.nii", 5.0F);
  core::write_file(folder / "described/dataset_description.json", "{ damaged");
  write_scan("loose/scan.nii.gz", 5.0F);
  for (const std::string out : {"theirs", "bare", "described", "loose"}) {
    const auto before = digests(folder / out);
    const Finished run = convert(out);
    EXPECT_EQ(run.status, 2) << out << run.output;
    EXPECT_TRUE(has(run.output, "originals stay untouched")) << run.output;
    EXPECT_EQ(digests(folder / out), before) << out;
  }
  // Its own folder it may fill again.
  ASSERT_EQ(convert().status, 0);
  const auto before = digests(folder / "out");
  EXPECT_EQ(convert().status, 0);
  EXPECT_EQ(digests(folder / "out"), before);
}

TEST_F(Convert, InputsOfOneNameAreNumbered) {
  write_scan("in/sub-1_T1w.nii.gz", 1.0F);
  for (const char* row : {"a", "b", "c"}) core::write_file(folder / "in" / row / "x.nii", "no volume");
  std::string table = "path\n" + (folder / "in/sub-1_T1w.nii.gz").string() + "\n";
  for (const char* row : {"a", "b", "c"}) table += (folder / "in" / row / "x.nii").string() + "\n";
  core::write_file(folder / "t.tsv", table);
  const Finished run =
      isoscan_program("convert " + (folder / "t.tsv").string() + " --out " + (folder / "out").string());
  EXPECT_EQ(run.status, 8) << run.output;
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "out/status"))
    names.insert(config::read_json(entry.path(), config::Schema::Status).at("scan").as_string());
  EXPECT_EQ(names, (std::set<std::string>{"sub-1", "x.nii", "x.nii-2", "x.nii-3"}));
}

}  // namespace
}  // namespace isoscan
