// What a BIDS data set tells of its scans, and which of them are wanted.
#include <boost/filesystem.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/bids.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::io {
namespace {

using core::Error;
using core::ErrorKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class BidsInputs : public testing::Test {
 protected:
  /// A small volume that passes as a scan; each has voxels of its own, as copies do not count.
  void scan(const std::string& name) {
    core::Volume volume(core::Grid{{10, 10, 10}, {}}, 1.0F);
    volume.voxels.front() = static_cast<float>(++scans_);
    write_nifti(folder / name, volume);
  }
  void text(const std::string& name, const std::string& content) const {
    core::write_file(folder / name, content);
  }
  [[nodiscard]] ScanList find(const ScanFilter& only = {}, const std::string& below = "") const {
    FindOptions options;
    options.only = only;
    return find_scans(below.empty() ? folder.path() : folder / below, core::Context{}, options);
  }
  [[nodiscard]] std::vector<std::string> ids(const ScanFilter& only = {}) const {
    std::vector<std::string> ids;
    for (const ScanSource& s : find(only).scans) ids.push_back(s.id());
    return ids;
  }
  [[nodiscard]] std::string refusal(const ScanFilter& only) const {
    try {
      (void)find(only);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Config);
      return error.what();
    }
    return "no error";
  }

  test::TemporaryFolder folder;

 private:
  int scans_ = 0;
};

TEST_F(BidsInputs, EntitiesOfTheNameAreKeptSoThatNoTwoScansBecomeOne) {
  for (const char* name : {"", "_acq-a", "_acq-b", "_rec-norm", "_rec-dis", "_acq-a_ce-gad", "_echo-1",
                           "_part-mag", "_dir-AP", "_acq-a_dir-AP", "_run-1", "_run-2", "_space-MNI"}) {
    scan(std::string("sub-1/anat/sub-1") + name + "_T1w.nii");
  }
  const ScanList list = find();
  std::vector<std::string> ids;
  std::set<std::string> harmonized;
  std::set<std::string> converted;
  for (const ScanSource& s : list.scans) {
    ids.push_back(s.id());
    harmonized.insert(harmonized_path(s));
    converted.insert(converted_path(s));
  }
  EXPECT_THAT(ids, testing::UnorderedElementsAre("sub-1", "sub-1_acq-a", "sub-1_acq-b", "sub-1_rec-norm",
                                                 "sub-1_rec-dis", "sub-1_acq-a_ce-gad", "sub-1_echo-1",
                                                 "sub-1_part-mag", "sub-1_acq-dirAP", "sub-1_acq-adirAP",
                                                 "sub-1_run-1", "sub-1_run-2", "sub-1_space-MNI"));
  EXPECT_EQ(harmonized.size(), list.scans.size());
  EXPECT_EQ(converted.size(), list.scans.size());
}

TEST_F(BidsInputs, NamesThatWouldBecomeOneOutputGetRuns) {
  scan("sub-1/anat/sub-1_T1w.nii");
  scan("sub-1/anat/sub-1_desc-preproc_T1w.nii");  // desc tells what was done, and ours is harmonized
  scan("sub-2/anat/sub-2_acq-aspaceX_T1w.nii");
  scan("sub-2/anat/sub-2_acq-a_space-X_T1w.nii");  // convert puts space into acq
  std::set<std::string> converted;
  for (const ScanSource& s : find().scans) converted.insert(converted_path(s));
  EXPECT_EQ(converted.size(), 4U);
  EXPECT_THAT(ids(), testing::IsSupersetOf({std::string("sub-1_run-1"), std::string("sub-1_run-2")}));
}

TEST_F(BidsInputs, SidecarsOfHigherLevelsHold) {
  text("dataset_description.json", R"({"Name": "x", "BIDSVersion": "1.8.0"})");
  text("T1w.json", R"({"Manufacturer": "Siemens", "FlipAngle": 8, "RepetitionTime": 2.0})");
  text("acq-b_T1w.json", R"({"FlipAngle": 10})");
  text("T2w.json", R"({"EchoTime": 9})");
  text("sub-1/sub-1_T1w.json", R"({"RepetitionTime": 2.3})");
  text("sub-1/ses-1/sub-1_ses-1_T1w.json", R"({"EchoTime": 0.003})");
  scan("sub-1/ses-1/anat/sub-1_ses-1_acq-a_T1w.nii");
  scan("sub-1/ses-1/anat/sub-1_ses-1_acq-b_T1w.nii");
  scan("sub-1/ses-2/anat/sub-1_ses-2_T1w.nii");
  text("sub-1/ses-2/anat/sub-1_ses-2_T1w.json", R"({"Manufacturer": "GE", "RepetitionTime": 2.5})");
  scan("sub-2/anat/sub-2_T1w.nii");
  const ScanList list = find();
  ASSERT_EQ(list.scans.size(), 4U);
  const Acquisition& a = list.scans[0].acquisition;
  const Acquisition& b = list.scans[1].acquisition;
  const Acquisition& own = list.scans[2].acquisition;
  const Acquisition& other = list.scans[3].acquisition;
  EXPECT_EQ(a.manufacturer, "Siemens");
  EXPECT_EQ(a.flip_angle_deg, 8.0);
  EXPECT_EQ(b.flip_angle_deg, 10.0) << "more entities come later";
  EXPECT_EQ(a.repetition_time_ms, 2300.0) << "a deeper folder wins";
  EXPECT_EQ(a.echo_time_ms, 3.0);
  EXPECT_EQ(own.manufacturer, "GE") << "its own file wins";
  EXPECT_EQ(own.repetition_time_ms, 2500.0);
  EXPECT_EQ(own.echo_time_ms, std::nullopt) << "neither another session's nor another contrast's";
  EXPECT_EQ(other.repetition_time_ms, 2000.0);
  EXPECT_EQ(list.scans[0].site, "SIEMENS");
  EXPECT_EQ(list.scans[0].bids_path, "sub-1/ses-1/anat/sub-1_ses-1_acq-a_T1w.nii");
  EXPECT_EQ(source_address(list.scans[0]), "bids:source:sub-1/ses-1/anat/sub-1_ses-1_acq-a_T1w.nii");
  // From inside the data set it is the same.
  const ScanList inside = find({}, "sub-1/ses-1");
  ASSERT_EQ(inside.scans.size(), 2U);
  EXPECT_EQ(inside.scans[0].acquisition.manufacturer, "Siemens");
}

TEST_F(BidsInputs, ADamagedSidecarIsSaidOnceAndTheOthersHold) {
  text("T1w.json", "{ damaged");
  scan("sub-1/anat/sub-1_T1w.nii");
  scan("sub-2/anat/sub-2_T1w.nii");
  text("sub-2/anat/sub-2_T1w.json", R"({"FlipAngle": 9})");
  const ScanList list = find();
  ASSERT_EQ(list.scans.size(), 2U);
  EXPECT_EQ(list.scans[1].acquisition.flip_angle_deg, 9.0);
  ASSERT_EQ(list.set_aside.size(), 1U);
  EXPECT_EQ(list.set_aside[0].name, "T1w.json");
  EXPECT_THAT(list.set_aside[0].reason, HasSubstr("sidecar not used"));
}

TEST_F(BidsInputs, TablesOfParticipantsAndSessionsGiveSiteAndCovariates) {
  text("participants.tsv", "participant_id\tsite\tage\nsub-1\tA\t30\nsub-2\tB\t40\n");
  text("sub-1/sub-1_sessions.tsv", "session_id\tage\nses-1\t30\nses-2\t32\n");
  scan("sub-1/ses-1/anat/sub-1_ses-1_T1w.nii");
  scan("sub-1/ses-2/anat/sub-1_ses-2_T1w.nii");
  scan("sub-2/anat/sub-2_T1w.nii");
  const ScanList list = find();
  ASSERT_EQ(list.scans.size(), 3U);
  EXPECT_EQ(list.scans[0].site, "A");
  EXPECT_EQ(list.scans[0].covariates.at("age"), "30");
  EXPECT_EQ(list.scans[1].covariates.at("age"), "32");
  EXPECT_EQ(list.scans[2].site, "B");
  EXPECT_EQ(list.scans[2].covariates.count("participant_id"), 0U);
}

TEST_F(BidsInputs, AnInputWhoseNameHoldsMoreThanLabelsIsNotNamed) {
  text("dataset_description.json", R"({"Name": "x", "BIDSVersion": "1.8.0"})");
  scan("sub-1/anat/sub-1_T1w.nii");
  scan("sub-2/Anna Doe/sub-2_T1w.nii");
  scan("sub-3/anat/scan of Anna_T1w.nii");
  scan("Doe_T1w.nii");
  std::vector<std::string> paths;
  for (const ScanSource& s : find().scans) paths.push_back(s.bids_path);
  EXPECT_THAT(paths, testing::UnorderedElementsAre("sub-1/anat/sub-1_T1w.nii", "", "", ""));
}

TEST_F(BidsInputs, LabelsChooseScansWithAndWithoutPrefix) {
  scan("sub-01/ses-a/anat/sub-01_ses-a_T1w.nii");
  scan("sub-01/ses-b/anat/sub-01_ses-b_acq-x_run-01_T1w.nii");
  scan("sub-01/ses-b/anat/sub-01_ses-b_acq-x_run-02_T1w.nii");
  scan("sub-02/ses-a/anat/sub-02_ses-a_acq-y_T1w.nii");
  scan("sub-02/ses-a/anat/sub-02_ses-a_T2w.nii");
  text("sub-03/anat/sub-03_T1w.nii", "no volume");
  const std::vector<std::string> all = ids();
  EXPECT_EQ(all.size(), 4U);
  EXPECT_EQ(find({{"01"}, {}, {}, {}, {}}).left_out, 3U);  // one scan and two others
  EXPECT_THAT(ids({{"01"}, {}, {}, {}, {}}), testing::SizeIs(3));
  EXPECT_EQ(ids({{"sub-01", "02"}, {}, {}, {}, {}}), all);
  EXPECT_THAT(ids({{}, {"ses-a"}, {}, {}, {}}), ElementsAre("sub-01_ses-a", "sub-02_ses-a_acq-y"));
  EXPECT_THAT(ids({{}, {}, {"acq-y"}, {}, {}}), ElementsAre("sub-02_ses-a_acq-y"));
  EXPECT_THAT(ids({{}, {}, {}, {"2"}, {}}), ElementsAre("sub-01_ses-b_acq-x_run-02"));
  EXPECT_THAT(ids({{"01"}, {"a", "b"}, {"x"}, {"run-1"}, {"T1w"}}), ElementsAre("sub-01_ses-b_acq-x_run-01"));
  // What is left out is counted and not listed; a broken input of a person asked for stays.
  EXPECT_THAT(find({{"02"}, {}, {}, {}, {"T1w"}}).set_aside, IsEmpty());
  const ScanList broken = find({{"03"}, {}, {}, {}, {}});
  EXPECT_THAT(broken.scans, IsEmpty());
  ASSERT_EQ(broken.set_aside.size(), 1U);
  EXPECT_EQ(broken.set_aside[0].name, "sub-03/anat/sub-03_T1w.nii");
}

TEST_F(BidsInputs, ALabelThatMatchesNothingIsAnErrorThatNamesWhatIsThere) {
  scan("sub-01/anat/sub-01_T1w.nii");
  scan("sub-02/ses-a/anat/sub-02_ses-a_T1w.nii");
  EXPECT_THAT(refusal({{"1"}, {}, {}, {}, {}}), HasSubstr("no scan has the subject \"1\"; there is 01, 02"));
  EXPECT_THAT(refusal({{}, {"b"}, {}, {}, {}}), HasSubstr("there is a"));
  EXPECT_THAT(refusal({{}, {}, {"x"}, {}, {}}), HasSubstr("no scan has one"));
  EXPECT_THAT(refusal({{}, {}, {}, {}, {"T2w"}}), HasSubstr("there is T1w"));
  EXPECT_THAT(refusal({{""}, {}, {}, {}, {}}), HasSubstr("no scan has the subject"));
  EXPECT_THAT(refusal({{"01"}, {"a"}, {}, {}, {}}), HasSubstr("together"));
}

TEST_F(BidsInputs, AFilterRenamesNothing) {
  scan("a/sub-1_T1w.nii");  // two people with one label, told apart by their folders
  scan("b/sub-1_T1w.nii");
  scan("sub-2/anat/sub-2_T1w.nii");
  scan("sub-2/anat/sub-2_desc-x_T1w.nii");
  const std::vector<std::string> all = ids();
  std::vector<std::string> one_by_one;
  for (const char* subject : {"2", "a1", "b1"}) {
    for (const std::string& id : ids({{subject}, {}, {}, {}, {}})) one_by_one.push_back(id);
  }
  EXPECT_EQ(one_by_one, all);
}

}  // namespace
}  // namespace isoscan::io
