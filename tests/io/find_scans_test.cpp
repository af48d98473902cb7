#include <set>

#include <boost/filesystem.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/test/support.hpp"

#include "nifti_files.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;
using test::TemporaryFolder;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

class FindScans : public testing::Test {
 protected:
  /// A small volume that passes as a scan.
  void scan(const std::string& name) {
    core::Grid grid;
    grid.size = {10, 10, 10};
    write_nifti(folder / name, core::Volume(grid, 1.0F));
  }
  void text(const std::string& name, const std::string& content) {
    fs::create_directories((folder / name).parent_path());
    test::write_fast(folder / name, content);
  }
  [[nodiscard]] ScanList find(const std::string& name = "") const {
    return find_scans(name.empty() ? folder.path() : folder / name, core::Context{});
  }
  static std::vector<std::string> ids(const ScanList& list) {
    std::vector<std::string> ids;
    for (const ScanSource& s : list.scans) ids.push_back(s.id());
    return ids;
  }
  static auto aside(const std::string& name, const std::string& reason, bool broken = false) {
    return AllOf(Field(&SetAside::name, name), Field(&SetAside::reason, HasSubstr(reason)),
                 Field(&SetAside::broken, broken));
  }
  std::string error_of(const std::string& name) const {
    try {
      (void)find(name);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Input);
      return error.what();
    }
    return "no error";
  }

  TemporaryFolder folder;
};

TEST_F(FindScans, PlainFolderGivesSafeLabels) {
  scan("IXI012-HH-1211_T1w.nii.gz");
  scan("OAS1_0101_ses-1_T1w.nii.gz");
  scan("OAS1_0101_ses-2_T1w.nii.gz");
  scan("patient 7-T1.nii");
  scan("people/anna/anat/T1w.nii");
  EXPECT_THAT(ids(find()), ElementsAre("sub-IXI012HH1211", "sub-OAS10101_ses-1", "sub-OAS10101_ses-2",
                                       "sub-anna", "sub-patient7"));
  EXPECT_THAT(find().set_aside, testing::IsEmpty());
  EXPECT_EQ(find().scans[0].site, "unknown");
}

TEST_F(FindScans, LabelImagesOtherContrastsAndOurOutputsAreSetAsideInWords) {
  scan("a_T1w.nii.gz");
  scan("a_labels.nii.gz");
  scan("b_dlmuse-seg.nii.gz");
  scan("a_lesion_mask.nii.gz");
  scan("a_FLAIR.nii.gz");
  scan("a_T1w_brain.nii.gz");
  scan("sub-1_desc-harmonized_T1w.nii.gz");
  text("archive.zip", "PK");
  text("notes.txt", "hello");
  text("x.mgz", "x");
  const ScanList list = find();
  EXPECT_THAT(ids(list), ElementsAre("sub-a"));
  EXPECT_THAT(
      list.set_aside,
      ElementsAre(aside("a_FLAIR.nii.gz", "only T1w"), aside("a_T1w_brain.nii.gz", "skull-stripped copy"),
                  aside("a_labels.nii.gz", "label image"), aside("a_lesion_mask.nii.gz", "mask"),
                  aside("archive.zip", "unpack"), aside("b_dlmuse-seg.nii.gz", "label image"),
                  aside("sub-1_desc-harmonized_T1w.nii.gz", "output of Isoscan"),
                  aside("x.mgz", "convert it")));
}

TEST_F(FindScans, MasksGoWithTheirScans) {
  scan("a_T1w.nii.gz");
  scan("a_T1w_brain_mask.nii.gz");
  scan("b.nii.gz");
  scan("b_mask.nii.gz");
  scan("anat/sub-3_ses-1_T1w.nii.gz");
  scan("anat/sub-3_ses-1_desc-brain_mask.nii.gz");
  scan("anat/sub-3_ses-2_T1w.nii.gz");
  const ScanList list = find();
  EXPECT_THAT(ids(list), ElementsAre("sub-3_ses-1", "sub-3_ses-2", "sub-a", "sub-b"));
  EXPECT_THAT(list.set_aside, testing::IsEmpty());
  EXPECT_EQ(list.scans[0].brain_mask, folder / "anat" / "sub-3_ses-1_desc-brain_mask.nii.gz");
  EXPECT_FALSE(list.scans[1].brain_mask.has_value());
  EXPECT_EQ(list.scans[2].brain_mask, folder / "a_T1w_brain_mask.nii.gz");
  EXPECT_EQ(list.scans[3].brain_mask, folder / "b_mask.nii.gz");
}

TEST_F(FindScans, BidsDataSetWithSidecarsAndParticipants) {
  text("dataset_description.json", "{}");
  text("participants.tsv", "participant_id\tage\tsite\nsub-01\t34\tNorth\nsub-02\tn/a\tSouth\n");
  scan("sub-01/ses-a/anat/sub-01_ses-a_T1w.nii.gz");
  scan("sub-01/ses-a/anat/sub-01_ses-a_T2w.nii.gz");
  scan("sub-02/anat/sub-02_run-1_T1w.nii.gz");
  scan("sub-02/anat/sub-02_run-2_T1w.nii.gz");
  scan("derivatives/other/sub-01/anat/sub-01_desc-preproc_T1w.nii.gz");
  text(
      "sub-01/ses-a/anat/sub-01_ses-a_T1w.json",
      R"({"Manufacturer":"Siemens","ManufacturersModelName":"MAGNETOM Prisma Fit","MagneticFieldStrength":2.89,
           "RepetitionTime":2.3,"EchoTime":0.00298,"FlipAngle":9,"PatientName":"Somebody","ImageType":["ORIGINAL","PRIMARY"]})");
  const ScanList list = find();
  EXPECT_THAT(ids(list), ElementsAre("sub-01_ses-a", "sub-02_run-1", "sub-02_run-2"));
  const ScanSource& first = list.scans[0];
  EXPECT_EQ(first.site, "North");
  EXPECT_EQ(first.covariates, (std::map<std::string, std::string>{{"age", "34"}}));
  EXPECT_DOUBLE_EQ(first.acquisition.repetition_time_ms.value(), 2300.0);
  EXPECT_DOUBLE_EQ(first.acquisition.echo_time_ms.value(), 2.98);
  EXPECT_EQ(first.acquisition.image_type, "ORIGINAL\\PRIMARY");
  EXPECT_TRUE(list.scans[1].covariates.empty());
  EXPECT_THAT(list.set_aside, ElementsAre(aside("derivatives", "BIDS data set"),
                                          aside("sub-01/ses-a/anat/sub-01_ses-a_T2w.nii.gz", "only T1w")));
}

TEST_F(FindScans, SiteComesFromTheDeviceWhenNobodySays) {
  scan("sub-1_T1w.nii.gz");
  text(
      "sub-1_T1w.json",
      R"({"Manufacturer":"SIEMENS","ManufacturersModelName":"MAGNETOM Prisma Fit","MagneticFieldStrength":2.89})");
  scan("sub-2_T1w.nii.gz");
  text(
      "sub-2_T1w.json",
      R"({"Manufacturer":"GE MEDICAL SYSTEMS","ManufacturersModelName":"DISCOVERY MR750","MagneticFieldStrength":15000})");
  EXPECT_EQ(find().scans[0].site, "SIEMENS-PrismaFit-3T");
  EXPECT_EQ(find().scans[1].site, "GE-DISCOVERYMR750-1.5T");
}

TEST_F(FindScans, EqualNamesInDifferentFoldersAreDifferentPeople) {
  scan("siteA/001_T1w.nii");
  scan("siteB/001_T1w.nii");
  scan("one/sub-9/anat/sub-9_T1w.nii");
  scan("two/sub-9/anat/sub-9_T1w.nii");
  scan("x-y_T1w.nii");
  scan("xy_T1w.nii");
  const std::vector<std::string> all = ids(find());
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 6U);
  EXPECT_THAT(all, Contains("sub-siteA001"));
  EXPECT_THAT(all, Contains("sub-siteB001"));
}

TEST_F(FindScans, TwoScansOfOneVisitBecomeRuns) {
  scan("sub-1_desc-a_T1w.nii");
  scan("sub-1_desc-b_T1w.nii");
  EXPECT_THAT(ids(find()), ElementsAre("sub-1_run-1", "sub-1_run-2"));
}

TEST_F(FindScans, BrokenFilesAreNamedAndTheRestGoesOn) {
  scan("good.nii.gz");
  text("bad.nii.gz", "this is no gzip and no NIfTI at all");
  text("lonely.img", "x");
  const ScanList list = find();
  EXPECT_THAT(ids(list), ElementsAre("sub-good"));
  EXPECT_THAT(list.set_aside,
              ElementsAre(aside("bad.nii.gz", "too short", true), aside("lonely.img", ".hdr", true)));
  for (const SetAside& s : list.set_aside)
    EXPECT_EQ(s.reason.find(folder.path().string()), std::string::npos) << s.reason;
}

TEST_F(FindScans, OneFileIsTakenWhateverItsName) {
  scan("sub-4_desc-harmonized_T1w.nii.gz");
  EXPECT_THAT(ids(find("sub-4_desc-harmonized_T1w.nii.gz")), ElementsAre("sub-4"));
  EXPECT_THROW((void)find("missing.nii.gz"), Error);
}

TEST_F(FindScans, ScannersMixedInOneSiteAreSaid) {
  for (const char* name : {"a", "b", "c"}) scan(std::string(name) + "_T1w.nii.gz");
  EXPECT_THAT(find().warnings, testing::IsEmpty());  // nothing tells them apart
  core::Grid thick;
  thick.size = {10, 10, 10};
  thick.world_from_voxel.matrix[8] = 3.0;
  write_nifti(folder / "d_T1w.nii.gz", core::Volume(thick, 1.0F));
  const ScanList list = find();
  ASSERT_EQ(list.warnings.size(), 1U);
  EXPECT_THAT(list.warnings[0],
              AllOf(HasSubstr("2 scanners or protocols"), HasSubstr("1.0 x 1.0 x 1.0 mm: 3"),
                    HasSubstr("1.0 x 1.0 x 3.0 mm: 1"), HasSubstr("column site")));
  for (const ScanSource& s : list.scans) EXPECT_EQ(s.warnings, list.warnings) << s.id();
  // A table that puts two devices into one site is told so, one that keeps them apart is not.
  text("a_T1w.json",
       R"({"Manufacturer":"SIEMENS","ManufacturersModelName":"Skyra","MagneticFieldStrength":3})");
  text("b_T1w.json",
       R"({"Manufacturer":"Philips","ManufacturersModelName":"Ingenia","MagneticFieldStrength":1.5})");
  text("one.tsv", "path\tsite\na_T1w.nii.gz\tNorth\nb_T1w.nii.gz\tNorth\n");
  ASSERT_EQ(find("one.tsv").warnings.size(), 1U);
  EXPECT_THAT(find("one.tsv").warnings[0],
              AllOf(HasSubstr("the site North"), HasSubstr("SIEMENS-Skyra-3T: 1"),
                    HasSubstr("Philips-Ingenia-1.5T: 1")));
  text("two.tsv", "path\tsite\na_T1w.nii.gz\tNorth\nb_T1w.nii.gz\tSouth\n");
  EXPECT_THAT(find("two.tsv").warnings, testing::IsEmpty());
}

TEST_F(FindScans, CopiesOfAScanCountOnceHoweverTheyAreStored) {
  core::Grid grid;
  grid.size = {12, 11, 10};
  core::Volume first(grid);
  for (std::size_t n = 0; n < first.voxels.size(); ++n) first.voxels[n] = static_cast<float>(n * 7 % 100);
  write_nifti(folder / "sub-1_T1w.nii.gz", first, NiftiType::UInt8);
  write_nifti(folder / "sub-2_T1w.nii", first);  // unpacked, as float32
  core::Volume moved = first;
  moved.grid.world_from_voxel.offset[0] += 5.0;  // another header, the same scan
  write_nifti(folder / "z/copy_T1w.nii.gz", moved);
  core::Volume other = first;
  other.voxels.back() += 1.0F;  // one voxel, the last, tells them apart
  write_nifti(folder / "sub-3_T1w.nii.gz", other);
  fs::copy_file(folder / "sub-3_T1w.nii.gz", folder / "sub-4_T1w.nii.gz");
  scan("blank1.nii.gz");  // nothing in them: refused later, not copies of each other
  scan("blank2.nii.gz");
  const ScanList list = find();
  EXPECT_THAT(ids(list), ElementsAre("sub-1", "sub-3", "sub-blank1", "sub-blank2"));
  EXPECT_THAT(list.set_aside,
              ElementsAre(aside("sub-2_T1w.nii", "the same voxels as sub-1_T1w.nii.gz, which is taken"),
                          aside("sub-4_T1w.nii.gz", "the same voxels as sub-3_T1w.nii.gz"),
                          aside("z/copy_T1w.nii.gz", "the same voxels as sub-1_T1w.nii.gz")));
  text("t.tsv", "path\tsubject\nsub-1_T1w.nii.gz\tA\nsub-2_T1w.nii\tB\nsub-3_T1w.nii.gz\tC\n");
  const ScanList table = find("t.tsv");
  EXPECT_THAT(ids(table), ElementsAre("sub-A", "sub-C"));
  EXPECT_THAT(table.set_aside, ElementsAre(aside("sub-2_T1w.nii", "sub-1_T1w.nii.gz")));
}

TEST_F(FindScans, OfCopiesTheOneWithAKnownOrientationIsTaken) {
  auto h = test::header_by_hand<nifti_1_header>({10, 10, 10}, DT_UINT8, 8);
  std::string voxels(1000, '\1');
  for (std::size_t n = 0; n < voxels.size(); ++n) voxels[n] = static_cast<char>(n * 7 % 100);
  const auto write = [&](const std::string& name, short sform_code) {
    h.sform_code = sform_code;
    test::write_by_hand(folder / name, h, voxels);
  };
  write("a.nii", 0);
  write("b.nii", 1);
  write("c.nii", 1);
  write("d.nii", 0);
  const ScanList list = find();
  EXPECT_THAT(ids(list), ElementsAre("sub-b"));
  EXPECT_THAT(list.set_aside, ElementsAre(aside("a.nii", "the same voxels as b.nii, which is taken"),
                                          aside("c.nii", "the same voxels as b.nii"),
                                          aside("d.nii", "the same voxels as b.nii")));
  fs::remove(folder / "b.nii");
  fs::remove(folder / "c.nii");
  EXPECT_THAT(ids(find()), ElementsAre("sub-a"));
}

TEST_F(FindScans, CopiesUnderTwoNamesAreALikelyMixUp) {
  core::Grid grid;
  grid.size = {10, 10, 10};
  core::Volume one(grid);
  for (std::size_t n = 0; n < one.voxels.size(); ++n) one.voxels[n] = static_cast<float>(n * 7 % 100);
  write_nifti(folder / "a.nii", one);
  write_nifti(folder / "b.nii", one);
  const auto warnings_of = [&](const std::string& rows) {
    text("t.tsv", "path\tsubject\tsession\tsite\n" + rows);
    const ScanList list = find("t.tsv");
    EXPECT_EQ(list.scans.size(), 1U);
    EXPECT_EQ(list.set_aside.size(), 1U);
    EXPECT_EQ(list.scans.front().warnings, list.warnings);
    return list.warnings;
  };
  EXPECT_THAT(warnings_of("a.nii\t01\tn/a\tX\nb.nii\t02\tn/a\tY\n"),
              ElementsAre(AllOf(
                  HasSubstr("sub-02 of site Y (b.nii) holds the same voxels as sub-01 of site X (a.nii)"),
                  HasSubstr("take the other file or row out"))));
  EXPECT_THAT(warnings_of("a.nii\t01\tn/a\tX\nb.nii\t02\tn/a\tX\n"), testing::SizeIs(1));
  EXPECT_THAT(warnings_of("a.nii\t01\tn/a\tX\nb.nii\t01\tn/a\tY\n"), testing::SizeIs(1));
  EXPECT_THAT(warnings_of("a.nii\t01\t1\tX\nb.nii\t01\t2\tX\n"), ElementsAre(HasSubstr("sub-01_ses-2")));
  // Stored twice under one name, or under names that nobody gave to a person: no more than a copy.
  EXPECT_THAT(warnings_of("a.nii\t01\tn/a\tX\nb.nii\t01\tn/a\tX\n"), testing::IsEmpty());
  EXPECT_THAT(find().warnings, testing::IsEmpty());
  fs::rename(folder / "a.nii", folder / "sub-1_T1w.nii");
  fs::rename(folder / "b.nii", folder / "sub-2_T1w.nii");
  EXPECT_THAT(find().warnings,
              ElementsAre(HasSubstr("sub-2 (sub-2_T1w.nii) holds the same voxels as sub-1")));
}

TEST_F(FindScans, Table) {
  scan("in/a.nii.gz");
  scan("in/b.nii.gz");
  scan("in/b_seg.nii.gz");
  scan("in/c.nii.gz");
  text("t.tsv",
       "\xEF\xBB\xBFPath\tsubject\tsession\tsite\tmask\tage\r\n"
       "in/a.nii.gz\tsub-A\t1\tNorth\tn/a\t30\r\n"
       "in/b.nii.gz\tA\t2\tNorth\tin/b_seg.nii.gz\tn/a\r\n"
       "in/c.nii.gz\tn/a\tn/a\tn/a\tn/a\t5\r\n"
       "in/d.nii.gz\tD\tn/a\tn/a\tn/a\t5\r\n");
  const ScanList list = find("t.tsv");
  EXPECT_THAT(ids(list), ElementsAre("sub-A_ses-1", "sub-A_ses-2", "sub-c"));
  EXPECT_EQ(list.scans[0].covariates.at("age"), "30");
  EXPECT_EQ(list.scans[0].site, "North");
  EXPECT_EQ(list.scans[1].brain_mask, folder / "in" / "b_seg.nii.gz");
  EXPECT_TRUE(list.scans[1].covariates.empty());
  EXPECT_EQ(list.scans[2].site, "unknown");
  EXPECT_THAT(list.set_aside, ElementsAre(aside("in/d.nii.gz", "line 5: there is no such file", true)));
}

TEST_F(FindScans, ARowWhoseNameNoDiskCanHoldIsSetAside) {
  scan("a.nii.gz");
  text("t.tsv", "path\na.nii.gz\n" + std::string(300, 'x') + ".nii\n");
  const ScanList list = find_scans(folder / "t.tsv", core::Context{});
  EXPECT_EQ(list.scans.size(), 1U);
  ASSERT_EQ(list.set_aside.size(), 1U);
  EXPECT_TRUE(list.set_aside[0].broken);
  EXPECT_NE(list.set_aside[0].reason.find("line 3: cannot be reached: "), std::string::npos)
      << list.set_aside[0].reason;
}

TEST_F(FindScans, MalformedTablesNameLineAndColumn) {
  scan("a.nii");
  scan("b.nii");
  text("none.tsv", "");
  EXPECT_THAT(error_of("none.tsv"), HasSubstr("empty"));
  text("commas.tsv", "path,subject\na.nii,1\n");
  EXPECT_THAT(error_of("commas.tsv"), AllOf(HasSubstr("line 1"), HasSubstr("tabs")));
  text("nopath.tsv", "subject\tsite\n1\tx\n");
  EXPECT_THAT(error_of("nopath.tsv"), HasSubstr("no column named path"));
  text("short.tsv", "path\tsubject\tsite\na.nii\t1\tx\nb.nii\t2\n");
  EXPECT_THAT(error_of("short.tsv"), AllOf(HasSubstr("line 3, column 3"), HasSubstr("2 fields")));
  text("twice.tsv", "path\tsubject\na.nii\t1\na.nii\t2\n");
  EXPECT_THAT(error_of("twice.tsv"), AllOf(HasSubstr("line 3, column 1"), HasSubstr("line 2")));
  text("merge.tsv", "path\tsubject\na.nii\tp-1\nb.nii\tp_1\n");
  EXPECT_THAT(error_of("merge.tsv"), AllOf(HasSubstr("line 3, column 2"), HasSubstr("p1")));
  text("same.tsv", "path\tsite\tsite\na.nii\t1\t2\n");
  EXPECT_THAT(error_of("same.tsv"), AllOf(HasSubstr("line 1, column 3"), HasSubstr("twice")));
  text("hole.tsv", "path\tsubject\n\t1\n");
  EXPECT_THAT(error_of("hole.tsv"), AllOf(HasSubstr("line 2, column 1"), HasSubstr("empty")));
}

TEST_F(FindScans, SeriesOverTimeAndFlatImagesAreNotScans) {
  auto h = test::header_by_hand<nifti_1_header>({10, 10, 10, 3}, DT_UINT8, 8);
  test::write_by_hand(folder / "time.nii", h, std::string(3000, '\1'));
  h = test::header_by_hand<nifti_1_header>({10, 10, 10}, DT_RGB24, 24);
  test::write_by_hand(folder / "colour.nii", h, std::string(3000, '\1'));
  h = test::header_by_hand<nifti_1_header>({50, 60, 1}, DT_UINT8, 8);
  test::write_by_hand(folder / "flat.nii", h, std::string(3000, '\1'));
  EXPECT_THAT(find().set_aside,
              ElementsAre(aside("colour.nii", "colours"), aside("flat.nii", "too few slices"),
                          aside("time.nii", "3 volumes")));
}

TEST(FindScansReal, BothRealSitesAreFoundWhole) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const ScanList ixi = find_scans(data / "nifti/ixi-hh_philips-intera-3t", core::Context{});
  EXPECT_EQ(ixi.scans.size(), 40U);
  EXPECT_EQ(ixi.set_aside.size(), 40U);
  const ScanList oasis = find_scans(data / "nifti/oasis1_siemens-vision-1.5t", core::Context{});
  EXPECT_EQ(oasis.scans.size(), 22U);
  EXPECT_EQ(oasis.set_aside.size(), 22U);
  const ScanList ljubljana = find_scans(data / "nifti/ljubljana-longitudinal_philips-1.5t", core::Context{});
  EXPECT_EQ(ljubljana.scans.size(), 2U);
}

}  // namespace
}  // namespace isoscan::io
