#include <cmath>
#include <fstream>

#include <gmock/gmock.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/test/support.hpp"

#include "dicom_files.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;
using core::Error;
using test::SliceFacts;
using test::TemporaryFolder;
using test::write_series;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kSlices = 30;

class Dicom : public testing::Test {
 protected:
  [[nodiscard]] ScanList find() const { return find_scans(folder.path(), core::Context{}); }
  void expect_left(const std::string& reason, bool broken) const {
    const ScanList list = find();
    EXPECT_THAT(list.scans, IsEmpty());
    EXPECT_THAT(list.set_aside, ElementsAre(AllOf(Field(&SetAside::reason, HasSubstr(reason)),
                                                  Field(&SetAside::broken, broken))));
  }
  TemporaryFolder folder;
};

/// Orientations of an axial, a sagittal, a coronal and an oblique series.
class DicomPlanes : public testing::TestWithParam<std::array<double, 6>> {};

TEST_P(DicomPlanes, EveryVoxelLiesWhereItsHeaderSays) {
  const TemporaryFolder folder;
  SliceFacts f;
  f.orientation = GetParam();
  f.position = {-30.5, 12.25, 7.0};
  f.spacing = {1.25, 0.75};  // rows, columns
  f.slope = 2.0;
  f.intercept = -5.0;
  write_series(folder.path(), f, kSlices, 2.5);
  const ScanList list = find_scans(folder.path(), core::Context{});
  ASSERT_THAT(list.scans, SizeIs(1));
  EXPECT_THAT(list.set_aside, IsEmpty());
  const LoadedScan scan = read_scan(list.scans[0]);
  const core::Grid& grid = scan.volume.grid;
  EXPECT_EQ(grid.size, (core::Index3{5, 6, kSlices}));
  EXPECT_GT(grid.world_from_voxel.determinant(), 0.0);
  const auto& o = f.orientation;
  const std::array<double, 3> normal{o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5],
                                     o[0] * o[4] - o[1] * o[3]};
  for (int s = 0; s < kSlices; ++s) {
    for (int row = 0; row < 6; ++row) {
      for (int column = 0; column < 5; ++column) {
        const core::Vec3 at = grid.world_from_voxel({double(column), double(row), double(s)});
        for (std::size_t a = 0; a < 3; ++a) {
          EXPECT_NEAR(at[a],
                      f.position[a] + o[a] * 0.75 * column + o[3 + a] * 1.25 * row + normal[a] * 2.5 * s,
                      1e-4);
        }
        EXPECT_EQ(scan.volume.at(column, row, s), static_cast<float>(2 * (100 * s + 10 * row + column) - 5));
      }
    }
  }
  EXPECT_EQ(scan.stored_as, "uint16");
  EXPECT_THAT(scan.notes, Contains(HasSubstr("rescale")));
}

INSTANTIATE_TEST_SUITE_P(Orientations, DicomPlanes,
                         testing::Values(std::array<double, 6>{1, 0, 0, 0, 1, 0},
                                         std::array<double, 6>{0, 1, 0, 0, 0, -1},
                                         std::array<double, 6>{1, 0, 0, 0, 0, -1},
                                         std::array<double, 6>{-1, 0, 0, 0, 1, 0},
                                         std::array<double, 6>{0.96, 0.28, 0, -0.28, 0.96, 0}));

TEST_F(Dicom, OnlyTheAllowListLeaves) {
  write_series(folder.path(), SliceFacts{}, kSlices, 3.0);
  const ScanList list = find();
  ASSERT_THAT(list.scans, SizeIs(1));
  const ScanSource& s = list.scans[0];
  EXPECT_EQ(s.kind, SourceKind::DicomSeries);
  EXPECT_EQ(s.site, "SIEMENS-Prisma-3T");
  EXPECT_EQ(s.subject.size(), 9U);
  EXPECT_EQ(s.subject.front(), 'p');
  EXPECT_EQ(s.acquisition.repetition_time_ms, 2300.0);
  EXPECT_EQ(s.acquisition.inversion_time_ms, 900.0);
  EXPECT_EQ(s.acquisition.flip_angle_deg, 9.0);
  const Acquisition& a = s.acquisition;
  for (const std::string& text : {s.id(), s.site, a.modality, a.manufacturer, a.model, a.software,
                                  a.station_hash, a.sequence, a.image_type}) {
    for (const char* secret : {"Doe", "4711", "Somewhere", "MR1", "mprage", "2020"})
      EXPECT_EQ(text.find(secret), std::string::npos) << text;
  }
}

TEST_F(Dicom, VisitsAndRepeatsOfOnePersonAreKeptApart) {
  SliceFacts f;
  f.study = "1.2.8";
  f.series = "1.2.8.1";
  write_series(folder / "b", f, kSlices, 3.0);
  f.series = "1.2.8.2";
  write_series(folder / "c", f, kSlices, 3.0);
  f.study = "1.2.5";
  f.series = "1.2.5.1";
  write_series(folder / "z", f, kSlices, 3.0);
  const ScanList list = find();
  ASSERT_THAT(list.scans, SizeIs(3));
  EXPECT_EQ(list.scans[0].session, "1");
  EXPECT_EQ(list.scans[0].files[0].parent_path().filename(), "z") << "the earlier study";
  EXPECT_EQ(list.scans[1].session + list.scans[1].run, "21");
  EXPECT_EQ(list.scans[2].session + list.scans[2].run, "22");
  EXPECT_EQ(list.scans[0].subject, list.scans[2].subject);
}

TEST_F(Dicom, TwoEchoesInOneSeriesAreTwoVolumes) {
  write_series(folder.path(), SliceFacts{}, 2 * kSlices, 1.5, [](int s, SliceFacts& f) {
    if (s % 2 == 1) f.echo_time = 5.0;
  });
  const ScanList list = find();
  ASSERT_THAT(list.scans, SizeIs(2));
  EXPECT_THAT(list.scans[0].files, SizeIs(kSlices));
  EXPECT_DOUBLE_EQ(read_scan(list.scans[1]).volume.grid.spacing_mm()[2], 3.0);
}

TEST_F(Dicom, MissingSlice) {
  write_series(folder.path(), SliceFacts{}, kSlices, 3.0, [](int s, SliceFacts& f) {
    if (s >= 20) f.position[2] += 3.0;
  });
  expect_left("slices are missing: one step is 6 mm, the others 3 mm", true);
}

TEST_F(Dicom, UnevenSlices) {
  write_series(folder.path(), SliceFacts{}, kSlices, 3.0,
               [](int s, SliceFacts& f) { f.position[2] += 0.02 * s * s; });
  expect_left("not evenly spaced", true);
}

TEST_F(Dicom, GantryTilt) {
  write_series(folder.path(), SliceFacts{}, kSlices, 3.0,
               [](int s, SliceFacts& f) { f.position[1] += 0.5 * s; });
  expect_left("shifted against each other", true);
}

TEST_F(Dicom, SeriesOverTime) {
  write_series(folder.path(), SliceFacts{}, 2 * kSlices, 3.0,
               [](int s, SliceFacts& f) { f.position[2] = 3.0 * (s % kSlices); });
  expect_left("2 volumes", false);
}

TEST_F(Dicom, TooFewSlices) {
  write_series(folder.path(), SliceFacts{}, 4, 3.0);
  expect_left("only 4 slices", false);
}

TEST_F(Dicom, WhatIsNoT1wIsSetAsideInWords) {
  const std::vector<std::pair<std::string, std::string>> descriptions{
      {"localizer", "localizer"},      {"AAHead_Scout", "localizer"}, {"gre_field_mapping t1", "field map"},
      {"sag T2 space", "T2-weighted"}, {"3D FLAIR", "FLAIR"},         {"TOF neck", "angiogram"}};
  int series = 0;
  for (const auto& [description, reason] : descriptions) {
    SliceFacts f;
    f.description = description;
    f.series = "1.2.3." + std::to_string(++series);
    write_series(folder / std::to_string(series), f, kSlices, 3.0);
  }
  for (const auto& [type, reason] :
       std::vector<std::pair<std::string, std::string>>{{"ORIGINAL\\PRIMARY\\P\\ND", "phase"},
                                                        {"DERIVED\\SECONDARY\\MPR", "derived"},
                                                        {"ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC", "mosaic"}}) {
    SliceFacts f;
    f.image_type = type;
    f.series = "1.2.3." + std::to_string(++series);
    write_series(folder / std::to_string(series), f, kSlices, 3.0);
  }
  const ScanList list = find();
  EXPECT_THAT(list.scans, IsEmpty());
  ASSERT_THAT(list.set_aside, SizeIs(9));
  const std::vector<std::string> reasons{"localizer", "localizer", "field map", "T2-weighted", "FLAIR",
                                         "angiogram", "phase",     "derived",   "mosaic"};
  for (std::size_t s = 0; s < 9; ++s) {
    EXPECT_THAT(list.set_aside[s].reason, HasSubstr(reasons[s])) << list.set_aside[s].name;
    EXPECT_FALSE(list.set_aside[s].broken);
    EXPECT_THAT(list.set_aside[s].name, HasSubstr("and 29 more"));
  }
}

TEST_F(Dicom, WordsInsideOtherWordsMeanNothing) {
  SliceFacts f;
  f.description = "brain screening test2 3D";
  write_series(folder.path(), f, kSlices, 3.0);
  EXPECT_THAT(find().scans, SizeIs(1));
}

TEST_F(Dicom, OneUidForAllSlicesIsNoReasonToDropThem) {
  SliceFacts f;
  f.sop = "1.2.3.4.5";
  write_series(folder.path(), f, kSlices, 3.0);
  ASSERT_THAT(find().scans, SizeIs(1));
  EXPECT_THAT(find().scans[0].files, SizeIs(kSlices));
}

TEST_F(Dicom, OneUidForTwoPeopleStillGivesTwoScans) {
  SliceFacts f;
  f.sop = "1.2.3.4.5";
  write_series(folder / "a", f, kSlices, 3.0);
  f.patient = "Roe-12";
  f.sop = "1.2.3.4.6";
  f.position = {1, 2, 3};
  write_series(folder / "b", f, kSlices, 3.0);
  const ScanList list = find();
  ASSERT_THAT(list.scans, SizeIs(2));
  EXPECT_NE(list.scans[0].subject, list.scans[1].subject);
}

TEST_F(Dicom, CopiesAreReadOnce) {
  write_series(folder / "a", SliceFacts{}, kSlices, 3.0);
  write_series(folder / "copy", SliceFacts{}, kSlices, 3.0);
  const ScanList list = find();
  EXPECT_THAT(list.scans, SizeIs(1));
  EXPECT_THAT(list.set_aside, SizeIs(kSlices));
  EXPECT_THAT(list.set_aside[0].reason, HasSubstr("the same image as a/"));
  EXPECT_THAT(list.warnings, IsEmpty());
}

TEST_F(Dicom, CopiesUnderTwoPatientsAreALikelyMixUp) {
  SliceFacts f;
  write_series(folder / "a", f, kSlices, 3.0);
  f.patient = "Roe-12";
  write_series(folder / "b", f, kSlices, 3.0);
  for (const std::string key : {"", "a key of sixteen bytes"}) {
    const ScanList list = find_scans(folder.path(), core::Context{}, {key, {}});
    ASSERT_THAT(list.scans, SizeIs(1));
    ASSERT_THAT(list.warnings, SizeIs(1));
    EXPECT_THAT(list.warnings[0], testing::AllOf(HasSubstr("30 DICOM images stand under two patients' IDs"),
                                                 HasSubstr("sub-" + list.scans[0].subject + " are taken"),
                                                 testing::Not(HasSubstr("Roe"))));
    EXPECT_EQ(list.scans[0].warnings, list.warnings);
  }
}

TEST_F(Dicom, BigEndianImplicitAndDeflatedGiveTheSameVoxels) {
  int series = 0;
  for (const E_TransferSyntax syntax : {EXS_LittleEndianExplicit, EXS_BigEndianExplicit,
                                        EXS_LittleEndianImplicit, EXS_DeflatedLittleEndianExplicit}) {
    SliceFacts f;
    f.syntax = syntax;
    f.series = "1.2.3." + std::to_string(++series);
    write_series(folder / std::to_string(series), f, kSlices, 3.0);
  }
  const ScanList list = find();
  ASSERT_THAT(list.scans, SizeIs(4));
  const LoadedScan first = read_scan(list.scans[0]);
  for (const ScanSource& s : list.scans) EXPECT_EQ(read_scan(s).volume.voxels, first.volume.voxels);
}

TEST_F(Dicom, OneFileNamesOneImage) {
  write_series(folder.path(), SliceFacts{}, kSlices, 3.0);
  const ScanList list = find_scans((*fs::directory_iterator(folder.path())).path(), core::Context{});
  EXPECT_THAT(list.scans, IsEmpty());
  EXPECT_THAT(list.set_aside, ElementsAre(Field(&SetAside::reason, HasSubstr("only 1 slice"))));
}

TEST_F(Dicom, CutAndGarbledFilesNeverEscapeAsForeignErrors) {
  test::write_slice(folder / "whole.dcm", SliceFacts{});
  const std::string bytes = core::read_file(folder / "whole.dcm");
  core::Random random(3, "garble");
  ScanSource source;
  source.kind = SourceKind::DicomSeries;
  for (int round = 0; round < 400; ++round) {
    std::string bad = bytes;
    if (round % 2 == 0) {
      bad.resize(random.below(bytes.size()));
    } else {
      for (int b = 0; b < 6; ++b) bad[random.below(bad.size())] = static_cast<char>(random.below(256));
    }
    std::ofstream(((folder / "bad.dcm")).string(), std::ios::binary) << bad;
    const ScanList list = find_scans(folder / "bad.dcm", core::Context{});
    EXPECT_EQ(list.scans.size() + list.set_aside.size(), 1U);
    source.files = {folder / "bad.dcm"};
    EXPECT_THROW((void)read_scan(source), Error) << "one slice is no volume";
  }
}

/// 1 in the place of a slope that cannot be read would be other voxels, and nobody would know.
TEST_F(Dicom, AScaleThatIsNoNumberIsRefused) {
  for (const char* text : {"abc", "1,5", "nan", "1e300"}) {
    for (const DcmTagKey& tag : {DCM_RescaleSlope, DCM_RescaleIntercept}) {
      fs::remove_all(folder / "in");
      write_series(folder / "in", SliceFacts{}, kSlices, 3.0);
      const fs::path file = fs::directory_iterator(folder / "in")->path();
      DcmFileFormat format;
      ASSERT_TRUE(format.loadFile(file.c_str()).good());
      format.loadAllDataIntoMemory();
      ASSERT_TRUE(format.getDataset()->putAndInsertString(tag, text).good());
      ASSERT_TRUE(format.saveFile(file.c_str()).good());
      const ScanList list = find_scans(folder / "in", core::Context{});
      EXPECT_THAT(list.set_aside, Contains(AllOf(Field(&SetAside::reason, HasSubstr("its header is damaged")),
                                                 Field(&SetAside::broken, true))))
          << text;
    }
  }
}

TEST_F(Dicom, AFalseLengthAllocatesNothing) {
  // 132 bytes of preamble, then an element of group 2 that says it is 4.2 GB long.
  std::string bytes(128, '\0');
  bytes += "DICM";
  bytes += std::string("\x02\x00\x01\x00OB\x00\x00\xF0\xFF\xFF\xFF", 12) + "x";
  std::ofstream((folder / "huge.dcm").string(), std::ios::binary) << bytes;
  expect_left("cannot be read as DICOM", true);
}

}  // namespace
}  // namespace isoscan::io
