/// @file Laws of derived DICOM on made-up series.
#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/test/support.hpp"

#include "derived_series.hpp"
#include "dicom_files.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;

using test::as_series;
using test::changed;
using test::derivation_facts;
using test::value_in;
using test::value_of;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Derived : public testing::Test {
 protected:
  DerivedSeries derive(const ScanSource& source, const core::Volume& volume, const std::string& to,
                       DicomIdentity identity = DicomIdentity::Remove, const std::string& key = "") const {
    return write_derived_dicom(source, volume, derivation_facts(), {identity, key}, folder / to);
  }
  std::string digest(const std::string& of) const {
    core::Sha256 all;
    for (int slice = 1; fs::exists(folder / of / name(slice)); ++slice)
      all.update(core::sha256_file(folder / of / name(slice)));
    return all.hex();
  }
  static std::string name(int slice) {
    char text[16];
    std::snprintf(text, sizeof text, "%05d.dcm", slice);
    return text;
  }

  test::TemporaryFolder folder;
};

/// All 48 axis orders come down to these six planes and their mirror images for slices; two oblique ones.
TEST_F(Derived, GridAndVoxelsComeBackOnEveryPlane) {
  const std::vector<std::array<double, 6>> planes{
      {1, 0, 0, 0, 1, 0},          {0, 1, 0, 1, 0, 0},
      {0, 1, 0, 0, 0, -1},         {0, 0, -1, 0, 1, 0},
      {1, 0, 0, 0, 0, -1},         {-1, 0, 0, 0, 0, 1},
      {0.8, 0.6, 0, -0.6, 0.8, 0}, {0.96, 0.28, 0, -0.168, 0.576, -0.8}};
  for (std::size_t p = 0; p < planes.size(); ++p) {
    test::SliceFacts facts;
    facts.orientation = planes[p];
    facts.position = {-91.123456789, 12.3333333333, 7.0000001};
    facts.spacing = {0.9375, 1.3333333};
    test::write_series(folder / ("in" + std::to_string(p)), facts, 7, 1.7);
    const ScanSource source = as_series(folder / ("in" + std::to_string(p)));
    const core::Volume volume = changed(read_scan(source).volume);
    const std::string out = "out" + std::to_string(p);
    const DerivedSeries series = derive(source, volume, out);
    ASSERT_EQ(series.files.size(), 7U);
    test::expect_round_trip(volume, folder / out, series);
    // The source's own text, not a number made of it.
    EXPECT_EQ(value_of(folder / out / name(1), DCM_PixelSpacing), "0.9375\\1.3333333");
    EXPECT_EQ(value_of(folder / out / name(1), DCM_ImageOrientationPatient),
              test::ds(planes[p].data(), planes[p].size()));
  }
}

TEST_F(Derived, WholeNumbersAndZeroStayAsTheyAre) {
  test::write_series(folder / "in", {}, 5, 1.0);
  const ScanSource source = as_series(folder / "in");
  core::Volume volume = read_scan(source).volume;
  volume.voxels[3] = 1234.5678F;
  const DerivedSeries series = derive(source, volume, "out");
  EXPECT_EQ(series.slope, std::exp2(-5));  // 1234.6 x 32 fits 16 bits
  ScanSource again = as_series(folder / "out");
  const core::Volume back = read_scan(again).volume;
  for (std::size_t n = 0; n < volume.voxels.size(); ++n) {
    if (n != 3) {
      EXPECT_EQ(back.voxels[n], volume.voxels[n]) << n;
    }
  }
}

TEST_F(Derived, NegativeTinyHugeAndFlatVolumesAreHeld) {
  test::write_series(folder / "in", {}, 5, 1.0);
  const ScanSource source = as_series(folder / "in");
  const core::Volume volume = read_scan(source).volume;
  int n = 0;
  for (const auto& [factor, offset] : std::vector<std::pair<float, float>>{
           {1.0F, -300.0F}, {-1.0F, 0.0F}, {1e-6F, 0.0F}, {3e7F, 0.0F}, {1.0F, 70000.0F}}) {
    core::Volume other = volume;
    for (float& v : other.voxels) v = v * factor + offset;
    const std::string out = "out" + std::to_string(n++);
    test::expect_round_trip(other, folder / out, derive(source, other, out));
  }
  core::Volume flat = volume;
  std::fill(flat.voxels.begin(), flat.voxels.end(), 0.0F);
  EXPECT_EQ(derive(source, flat, "flat").largest_error, 0.0);
  flat.voxels[7] = std::nanf("");
  EXPECT_THROW((void)derive(source, flat, "nan"), core::Error);
  EXPECT_FALSE(fs::exists(folder / "nan"));
}

TEST_F(Derived, TheSameArgumentsGiveTheSameBytesAndOthersOtherUids) {
  test::write_series(folder / "in", {}, 5, 1.0);
  const ScanSource source = as_series(folder / "in");
  core::Volume volume = changed(read_scan(source).volume);
  const DerivedSeries first = derive(source, volume, "a");
  EXPECT_EQ(derive(source, volume, "b").series_uid, first.series_uid);
  EXPECT_EQ(digest("a"), digest("b"));
  std::set<std::string> uids{first.series_uid};
  EXPECT_TRUE(uids.insert(derive(source, volume, "c", DicomIdentity::Keep).series_uid).second);
  EXPECT_TRUE(uids.insert(derive(source, volume, "d", DicomIdentity::Remove, "a key").series_uid).second);
  volume.voxels[0] += 100.0F;
  EXPECT_TRUE(uids.insert(derive(source, volume, "e").series_uid).second);
  DerivationFacts other = derivation_facts();
  other.model_sha256[0] = 'b';
  EXPECT_TRUE(uids.insert(write_derived_dicom(source, volume, other, {}, folder / "f").series_uid).second);
  for (const std::string& uid : uids) {
    EXPECT_TRUE(std::regex_match(uid, std::regex("2\\.25\\.[1-9][0-9]{0,38}"))) << uid;
  }
  std::set<std::string> images;
  for (const char* of : {"a", "c", "d", "e", "f"}) {
    for (int slice = 1; slice <= 5; ++slice)
      EXPECT_TRUE(images.insert(value_of(folder / of / name(slice), DCM_SOPInstanceUID)).second);
  }
}

TEST_F(Derived, RemovedIdentityKeepsTheLinksAndNothingElse) {
  test::SliceFacts facts;
  facts.series = "1.2.840.4711.1";
  facts.study = "1.2.840.4711";
  test::write_series(folder / "one", facts, 5, 1.0);
  facts.series = "1.2.840.4711.2";
  test::write_series(folder / "two", facts, 5, 1.0);
  const auto derived = [&](const std::string& of, const std::string& key) {
    const ScanSource source = as_series(folder / of);
    return derive(source, read_scan(source).volume, of + key, DicomIdentity::Remove, key);
  };
  const DerivedSeries one = derived("one", "k");
  const DerivedSeries two = derived("two", "k");
  EXPECT_EQ(one.study_uid, two.study_uid);  // one study stays one
  EXPECT_NE(one.study_uid, derived("one", "other").study_uid);
  const fs::path file = folder / "onek" / name(2);
  EXPECT_EQ(value_of(file, DCM_PatientName), "p0123abcd");
  EXPECT_EQ(value_of(file, DCM_PatientID), "p0123abcd");
  for (const DcmTagKey& empty : {DCM_PatientBirthDate, DCM_PatientSex, DCM_StudyDate, DCM_StudyTime,
                                 DCM_AccessionNumber, DCM_ReferringPhysicianName, DCM_StudyID})
    EXPECT_EQ(value_of(file, empty), "") << empty.toString();
  EXPECT_EQ(value_of(file, DCM_PatientIdentityRemoved), "YES");
  EXPECT_EQ(value_in(file, DCM_DeidentificationMethodCodeSequence, 0, DCM_CodeValue), "113100");
  EXPECT_EQ(value_in(file, DCM_DeidentificationMethodCodeSequence, 1, DCM_CodeValue), "-");
  const std::string station = value_of(file, DCM_StationName);
  EXPECT_EQ(station.size(), 16U);
  EXPECT_NE(station, "MR1");
  EXPECT_EQ(value_of(file, DCM_InstitutionName), "-");
  EXPECT_EQ(value_of(file, DCM_SpecificCharacterSet), "-");
  EXPECT_THAT(value_of(file, DCM_SeriesDescription), Not(HasSubstr("mprage")));
  EXPECT_NE(value_in(file, DCM_SourceImageSequence, 0, DCM_ReferencedSOPInstanceUID), facts.series + ".2");
}

TEST_F(Derived, KeptIdentityIsTheSources) {
  test::write_series(folder / "in", {}, 5, 1.0, [](int, test::SliceFacts& f) { f.study = "1.2.9.7"; });
  for (fs::directory_iterator at(folder / "in"), end; at != end; ++at) {
    DcmFileFormat format;
    ASSERT_TRUE(format.loadFile(at->path().c_str()).good());
    DcmDataset& d = *format.getDataset();
    d.putAndInsertString(DCM_SpecificCharacterSet, "ISO_IR 100");
    d.putAndInsertString(DCM_PatientName, "M\xfcller^J\xf6rg");
    d.putAndInsertString(DCM_AccessionNumber, "A77");
    d.putAndInsertString(DCM_StudyTime, "101112.5");
    d.putAndInsertString(DCM_FrameOfReferenceUID, "1.2.9.7.5");
    d.putAndInsertString(DCM_InstitutionName, "Klinik");
    ASSERT_TRUE(format.saveFile(at->path().c_str(), EXS_LittleEndianExplicit).good());
  }
  const ScanSource source = as_series(folder / "in");
  const DerivedSeries series = derive(source, read_scan(source).volume, "out", DicomIdentity::Keep);
  const fs::path file = folder / "out" / name(3);
  EXPECT_EQ(series.study_uid, "1.2.9.7");
  EXPECT_EQ(value_of(file, DCM_SpecificCharacterSet), "ISO_IR 100");
  EXPECT_EQ(value_of(file, DCM_PatientName), "M\xfcller^J\xf6rg");
  EXPECT_EQ(value_of(file, DCM_PatientID), "Doe-4711");
  EXPECT_EQ(value_of(file, DCM_AccessionNumber), "A77");
  EXPECT_EQ(value_of(file, DCM_StudyDate), "20200107");
  EXPECT_EQ(value_of(file, DCM_StudyTime), "101112.5");
  EXPECT_EQ(value_of(file, DCM_FrameOfReferenceUID), "1.2.9.7.5");
  EXPECT_EQ(value_of(file, DCM_PatientIdentityRemoved), "NO");
  EXPECT_EQ(value_of(file, DCM_DeidentificationMethod), "-");
  EXPECT_EQ(value_of(file, DCM_InstitutionName), "-");
  EXPECT_EQ(value_of(file, DCM_SeriesDescription), "t1 mprage sag [Isoscan 0.1.0, research use only]");
  EXPECT_EQ(value_in(file, DCM_SourceImageSequence, 0, DCM_ReferencedSOPInstanceUID), "1.2.3.4.3");
}

TEST_F(Derived, SaysThatItIsDerivedAndByWhat) {
  test::write_series(folder / "in", {}, 5, 1.0);
  const ScanSource source = as_series(folder / "in");
  (void)derive(source, read_scan(source).volume, "out");
  const fs::path file = folder / "out" / name(1);
  EXPECT_EQ(value_of(file, DCM_SOPClassUID), UID_MRImageStorage);
  EXPECT_THAT(value_of(file, DCM_ImageType), testing::StartsWith("DERIVED\\SECONDARY\\"));
  EXPECT_EQ(value_of(file, DCM_SeriesNumber), "9003");
  EXPECT_EQ(value_of(file, DCM_BurnedInAnnotation), "NO");
  EXPECT_THAT(value_of(file, DCM_SeriesDescription), HasSubstr("research use only"));
  EXPECT_LE(value_of(file, DCM_SeriesDescription).size(), 64U);
  EXPECT_THAT(value_of(file, DCM_DerivationDescription), HasSubstr(std::string(64, 'a')));
  EXPECT_EQ(value_in(file, DCM_DerivationCodeSequence, 0, DCM_CodeValue), "113046");
  EXPECT_EQ(value_in(file, DCM_DerivationCodeSequence, 1, DCM_CodingSchemeDesignator), "99ISOSCAN");
  EXPECT_EQ(value_in(file, DCM_ContributingEquipmentSequence, 0, DCM_Manufacturer), "Isoscan");
  EXPECT_EQ(value_of(file, DCM_EchoTime), "3");
  EXPECT_EQ(value_of(file, DCM_ScanningSequence), "GR\\IR");
  // It is not taken for a scan to harmonize.
  const ScanList list = find_scans(folder / "out", core::Context{});
  EXPECT_TRUE(list.scans.empty());
  ASSERT_EQ(list.set_aside.size(), 1U);
  EXPECT_EQ(list.set_aside[0].reason, "a derived image, not as acquired");
}

TEST_F(Derived, EveryAttributeStandsInTheDocument) {
  test::write_series(folder / "in", {}, 5, 1.0);
  const ScanSource source = as_series(folder / "in");
  (void)derive(source, read_scan(source).volume, "a");
  (void)derive(source, read_scan(source).volume, "b", DicomIdentity::Keep);
  const std::string document = core::read_file(std::string(ISOSCAN_SOURCE_DIR) + "/docs/derived-dicom.md");
  int count = 0;
  for (const char* of : {"a", "b"}) {
    DcmFileFormat format;
    ASSERT_TRUE(format.loadFile((folder / of / name(1)).c_str()).good());
    DcmStack stack;
    while (format.getDataset()->nextObject(stack, true).good()) {
      if (stack.top()->ident() == EVR_item) continue;
      const std::string tag = stack.top()->getTag().getXTag().toString().c_str();
      EXPECT_THAT(document, HasSubstr(tag)) << stack.top()->getTag().toString();
      ++count;
    }
  }
  EXPECT_GT(count, 100);
}

TEST_F(Derived, WhatCannotGoOutIsRefusedWithNothingWritten) {
  test::write_series(folder / "in", {}, 5, 1.0);
  const ScanSource source = as_series(folder / "in");
  core::Volume volume = read_scan(source).volume;
  core::Volume shifted = volume;
  shifted.grid.world_from_voxel.offset[0] += 1.0;
  const auto fails = [&](const ScanSource& s, const core::Volume& v, core::ErrorKind kind, const char* word) {
    try {
      (void)derive(s, v, "no");
      ADD_FAILURE() << word;
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(word));
    }
    EXPECT_FALSE(fs::exists(folder / "no"));
  };
  fails(source, shifted, core::ErrorKind::Geometry, "resampled");
  ScanSource nifti = source;
  nifti.kind = SourceKind::Nifti;
  fails(nifti, volume, core::ErrorKind::Input, "no DICOM");
  {
    DcmFileFormat format;
    ASSERT_TRUE(format.loadFile(source.files[2].c_str()).good());
    format.getDataset()->putAndInsertString(DCM_BurnedInAnnotation, "YES");
    ASSERT_TRUE(format.saveFile(source.files[2].c_str(), EXS_LittleEndianExplicit).good());
  }
  fails(source, volume, core::ErrorKind::Input, "burned into its pixels");
  EXPECT_EQ(derive(source, volume, "kept", DicomIdentity::Keep).files.size(), 5U);
  for (fs::directory_iterator at(folder.path()), end; at != end; ++at)
    EXPECT_EQ(at->path().filename().string().find(".partial"), std::string::npos);
}

TEST_F(Derived, AFolderOfOthersIsNeverReplaced) {
  test::write_series(folder / "in", {}, 5, 1.0);
  const ScanSource source = as_series(folder / "in");
  const core::Volume volume = read_scan(source).volume;
  core::write_file(folder / "out/notes.txt", "mine");
  EXPECT_THROW((void)derive(source, volume, "out"), core::Error);
  EXPECT_EQ(core::read_file(folder / "out/notes.txt"), "mine");
  // Its own it may fill again, also with fewer slices.
  (void)derive(source, volume, "again");
  core::write_file(folder / "again/00099.dcm", "of an earlier run");
  (void)derive(source, volume, "again");
  EXPECT_FALSE(fs::exists(folder / "again/00099.dcm"));
  EXPECT_TRUE(fs::exists(folder / "again/00005.dcm"));
}

TEST_F(Derived, ValidatorFindsNoErrorThatTheSourceHadNot) {
  if (!test::have_dciodvfy()) GTEST_SKIP() << "skipped: no dciodvfy (Debian package dicom3tools)";
  test::write_series(folder / "in", {}, 5, 1.0);
  const ScanSource source = as_series(folder / "in");
  for (const DicomIdentity identity : {DicomIdentity::Remove, DicomIdentity::Keep}) {
    const DerivedSeries series = derive(source, changed(read_scan(source).volume), "out", identity);
    EXPECT_THAT(test::new_errors(source, folder / "out", series), IsEmpty());
  }
}

}  // namespace
}  // namespace isoscan::io
