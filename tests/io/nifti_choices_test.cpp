/// @file Every voxel type by its code, disagreeing geometry, series over time: what is read, what is refused.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/context.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/test/support.hpp"

#include "nifti_files.hpp"

namespace isoscan::io {
namespace {

using core::Error;
using core::ErrorKind;
using test::bytes_of;
using test::header_by_hand;
using test::TemporaryFolder;
using test::write_by_hand;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct TypeCase {
  int code;
  int bits;
  const char* read_as;  ///< empty: refused
  const char* reason;
};

class NiftiTypes : public testing::TestWithParam<TypeCase> {};

TEST_P(NiftiTypes, IsReadOrRefusedWithAReason) {
  const TypeCase& c = GetParam();
  const TemporaryFolder folder;
  const auto header = header_by_hand<nifti_1_header>({10, 10, 10}, c.code, c.bits);
  write_by_hand(folder / "a.nii", header, std::string(static_cast<std::size_t>(1000 * c.bits / 8), '\0'));
  const ScanList list = find_scans(folder / "a.nii", core::Context{});
  if (*c.read_as != '\0') {
    ASSERT_THAT(list.scans, SizeIs(1));
    const LoadedScan scan = read_scan(list.scans[0]);
    EXPECT_EQ(scan.stored_as, c.read_as);
    EXPECT_EQ(scan.volume.voxels, std::vector<float>(1000, 0.0F));
    return;
  }
  EXPECT_THAT(list.scans, IsEmpty());
  ASSERT_THAT(list.set_aside, SizeIs(1));
  EXPECT_THAT(list.set_aside[0].reason, HasSubstr(c.reason));
  try {
    (void)read_nifti(folder / "a.nii");
    ADD_FAILURE() << "it was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("a.nii"), HasSubstr(c.reason)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Codes, NiftiTypes,
    testing::Values(TypeCase{0, 8, "", "does not know"}, TypeCase{1, 1, "", "single bits"},
                    TypeCase{2, 8, "uint8", ""}, TypeCase{4, 16, "int16", ""}, TypeCase{8, 32, "int32", ""},
                    TypeCase{16, 32, "float32", ""}, TypeCase{32, 64, "", "complex"},
                    TypeCase{64, 64, "float64", ""}, TypeCase{128, 24, "", "colours"},
                    TypeCase{255, 8, "", "does not know"}, TypeCase{256, 8, "int8", ""},
                    TypeCase{512, 16, "uint16", ""}, TypeCase{768, 32, "uint32", ""},
                    TypeCase{1024, 64, "int64", ""}, TypeCase{1280, 64, "uint64", ""},
                    TypeCase{1536, 128, "", "128-bit"}, TypeCase{1792, 128, "", "complex"},
                    TypeCase{2048, 256, "", "complex"}, TypeCase{2304, 32, "", "colours"}),
    [](const testing::TestParamInfo<TypeCase>& one) { return "code" + std::to_string(one.param.code); });

/// sform: identity in RAS. The qform is set by `change`.
template <typename Change>
LoadedScan with_forms(const TemporaryFolder& folder, Change change) {
  auto h = header_by_hand<nifti_1_header>({11, 11, 11}, DT_UINT8, 8);
  h.qform_code = 1;
  change(h);
  write_by_hand(folder / "f.nii", h, std::string(1331, '\1'));
  return read_nifti(folder / "f.nii");
}

TEST(NiftiForms, AgreementIsNotMentioned) {
  const TemporaryFolder folder;
  const LoadedScan scan = with_forms(folder, [](nifti_1_header& h) { h.qoffset_x = 0.05F; });
  EXPECT_THAT(scan.warnings, IsEmpty());
}

TEST(NiftiForms, DisagreementTakesTheSformAndSaysByHowMuch) {
  const TemporaryFolder folder;
  const LoadedScan scan = with_forms(folder, [](nifti_1_header& h) {
    h.qoffset_z = 12.5F;
    h.sform_code = 2;
  });
  ASSERT_THAT(scan.warnings, SizeIs(1));
  EXPECT_THAT(scan.warnings[0],
              HasSubstr("sform (code 2) and qform (code 1) disagree by up to 12.5 mm; the sform was taken"));
  EXPECT_THAT(scan.notes, Contains(scan.warnings[0]));
  EXPECT_EQ(scan.volume.grid.world_from_voxel.offset, (core::Vec3{0, 0, 0}));
}

TEST(NiftiForms, MirrorsAreNamed) {
  const TemporaryFolder folder;
  const LoadedScan scan = with_forms(folder, [](nifti_1_header& h) { h.pixdim[0] = -1.0F; });
  ASSERT_THAT(scan.warnings, SizeIs(1));
  EXPECT_THAT(scan.warnings[0], AllOf(HasSubstr("20 mm"), HasSubstr("check left and right")));
}

TEST(NiftiForms, EmptyAndNotANumberFormsFallBack) {
  const TemporaryFolder folder;
  LoadedScan scan = with_forms(folder, [](nifti_1_header& h) {
    h.srow_x[0] = h.srow_y[1] = h.srow_z[2] = 0.0F;  // an empty sform
    h.qoffset_x = 5.0F;
  });
  EXPECT_THAT(scan.notes, Contains(HasSubstr("the sform is singular or not finite")));
  EXPECT_THAT(scan.notes, Contains(HasSubstr("qform taken")));
  EXPECT_EQ(scan.volume.grid.world_from_voxel.offset[0], -5.0);
  scan = with_forms(folder, [](nifti_1_header& h) { h.quatern_b = std::nanf(""); });
  EXPECT_THAT(scan.notes, Contains(HasSubstr("the qform is not finite")));
  EXPECT_EQ(scan.volume.grid.world_from_voxel.offset[0], 0.0);
  scan = with_forms(folder, [](nifti_1_header& h) {
    h.srow_z[2] = std::numeric_limits<float>::infinity();
    h.qoffset_y = std::nanf("");
    h.pixdim[3] = 3.0F;
  });
  EXPECT_THAT(scan.warnings, Contains(HasSubstr("orientation unknown")));
  EXPECT_EQ(scan.volume.grid.spacing_mm()[2], 3.0);
}

TEST(NiftiForms, VoxelsFollowTheHeaderWhereTheOffsetIsZero) {
  const TemporaryFolder folder;
  std::vector<std::int16_t> voxels(1000);
  for (std::size_t v = 0; v < voxels.size(); ++v) voxels[v] = static_cast<std::int16_t>(v);
  auto one = header_by_hand<nifti_1_header>({10, 10, 10}, DT_INT16, 16);
  auto two = header_by_hand<nifti_2_header>({10, 10, 10}, DT_INT16, 16);
  one.vox_offset = 0;
  two.vox_offset = 0;
  write_by_hand(folder / "1.nii", one, bytes_of(voxels));
  write_by_hand(folder / "2.nii", two, bytes_of(voxels));
  for (const char* name : {"1.nii", "2.nii"}) {
    const LoadedScan scan = read_nifti(folder / name);
    EXPECT_EQ(scan.volume.voxels[0], 0.0F) << name;
    EXPECT_EQ(scan.volume.voxels[999], 999.0F) << name;
    EXPECT_THAT(scan.notes, Contains(HasSubstr("vox_offset")));
  }
}

TEST(NiftiSeries, TheFirstVolumeIsTakenOnRequest) {
  const TemporaryFolder folder;
  std::vector<std::int16_t> voxels(3000);
  for (std::size_t v = 0; v < voxels.size(); ++v) voxels[v] = static_cast<std::int16_t>(v);
  write_by_hand(folder / "s.nii", header_by_hand<nifti_1_header>({10, 10, 10, 3}, DT_INT16, 16),
                bytes_of(voxels));
  ScanList list = find_scans(folder / "s.nii", core::Context{});
  EXPECT_THAT(list.scans, IsEmpty());
  ASSERT_THAT(list.set_aside, SizeIs(1));
  EXPECT_THAT(list.set_aside[0].reason, AllOf(HasSubstr("3 volumes"), HasSubstr("--first-volume")));
  FindOptions options;
  options.read.first_volume = true;
  list = find_scans(folder / "s.nii", core::Context{}, options);
  ASSERT_THAT(list.scans, SizeIs(1));
  const LoadedScan scan = read_scan(list.scans[0]);
  ASSERT_THAT(scan.volume.voxels, SizeIs(1000));
  for (std::size_t v = 0; v < 1000; ++v) ASSERT_EQ(scan.volume.voxels[v], static_cast<float>(v));
  EXPECT_THAT(scan.notes, Contains("the first of 3 volumes"));
}

TEST(NiftiSeries, AnalyzeIsRefusedWithTheReason) {
  const TemporaryFolder folder;
  auto header = header_by_hand<nifti_1_header>({10, 10, 10}, DT_UINT8, 8);
  std::memset(header.magic, 0, 4);
  write_by_hand(folder / "a.hdr", header, "");
  std::ofstream((folder / "a.img").string(), std::ios::binary) << std::string(1000, '\1');
  const ScanList list = find_scans(folder.path(), core::Context{});
  EXPECT_THAT(list.scans, IsEmpty());
  ASSERT_THAT(list.set_aside, SizeIs(1));
  EXPECT_THAT(list.set_aside[0].reason, AllOf(HasSubstr("ANALYZE 7.5"), HasSubstr("left from right")));
}

}  // namespace
}  // namespace isoscan::io
