#include "isoscan/io/nifti.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/test/support.hpp"

#include "axis_orders.hpp"
#include "nifti_files.hpp"

namespace isoscan::io {
namespace {

using core::Error;
using core::ErrorKind;
using test::axis_order;
using test::bytes_of;
using test::header_by_hand;
using test::noise;
using test::TemporaryFolder;
using test::write_by_hand;
using test::write_fast;
using testing::HasSubstr;

std::string message_of(const boost::filesystem::path& file, ErrorKind kind) {
  try {
    (void)read_nifti(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(file.filename().string()));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  ADD_FAILURE() << file << " was read";
  return {};
}

class AxisOrders : public testing::TestWithParam<int> {};

TEST_P(AxisOrders, RoundTripIsExact) {
  const TemporaryFolder folder;
  const core::Volume volume = noise(axis_order(GetParam()));
  for (const char* name : {"a.nii", "a.nii.gz"}) {
    write_nifti(folder / name, volume);
    const LoadedScan back = read_nifti(folder / name);
    EXPECT_TRUE(back.volume.grid == volume.grid);
    EXPECT_EQ(back.volume.voxels, volume.voxels);
    EXPECT_EQ(back.stored_as, "float32");
    EXPECT_TRUE(back.notes.empty());
  }
}

TEST_P(AxisOrders, QformAloneSaysTheSame) {
  const TemporaryFolder folder;
  const core::Grid grid = axis_order(GetParam());
  write_nifti(folder / "a.nii", noise(grid));
  std::string bytes = core::read_file(folder / "a.nii");
  bytes[254] = 0;  // sform_code
  core::write_file(folder / "q.nii", bytes);
  const LoadedScan back = read_nifti(folder / "q.nii");
  for (std::size_t at = 0; at < 9; ++at) {
    EXPECT_NEAR(back.volume.grid.world_from_voxel.matrix[at], grid.world_from_voxel.matrix[at], 1e-5);
  }
  EXPECT_EQ(back.volume.grid.world_from_voxel.offset, grid.world_from_voxel.offset);
  EXPECT_THAT(back.notes, testing::ElementsAre(HasSubstr("qform taken")));
}

INSTANTIATE_TEST_SUITE_P(All48, AxisOrders, testing::Range(0, 48));

TEST(Nifti, ObliqueAndShearedGridsRoundTripOnceRounded) {
  const TemporaryFolder folder;
  core::Grid grid;
  grid.size = {7, 6, 5};
  grid.world_from_voxel = {{0.99741, -0.03861, 0.06086, 0.03868, 0.99925, 0.1, -0.06082, 0.00235, 0.99815},
                           {-88.34664, 1.0 / 3.0, 7}};
  write_nifti(folder / "1.nii.gz", core::Volume(grid, 2.0F));
  const core::Volume once = read_nifti(folder / "1.nii.gz").volume;
  write_nifti(folder / "2.nii.gz", once);
  EXPECT_TRUE(read_nifti(folder / "2.nii.gz").volume.grid == once.grid);
  for (std::size_t at = 0; at < 9; ++at) {
    EXPECT_NEAR(once.grid.world_from_voxel.matrix[at], grid.world_from_voxel.matrix[at], 1e-7);
  }
  EXPECT_EQ(core::sha256_file(folder / "1.nii.gz"), core::sha256_file(folder / "2.nii.gz"));
}

TEST(Nifti, ShearedGridHasNoQform) {
  const TemporaryFolder folder;
  core::Grid grid;
  grid.size = {20, 20, 20};
  grid.world_from_voxel.matrix = {1, 0.25, 0, 0, 1, 0, 0, 0, 1};
  write_nifti(folder / "s.nii", core::Volume(grid));
  nifti_1_header h;
  std::memcpy(&h, core::read_file(folder / "s.nii").data(), sizeof(h));
  EXPECT_EQ(h.qform_code, 0);
  EXPECT_EQ(h.sform_code, 1);
  EXPECT_TRUE(read_nifti(folder / "s.nii").volume.grid == grid);
}

template <typename T>
struct TypeCode;
template <>
struct TypeCode<std::uint8_t> {
  static constexpr int value = DT_UINT8;
};
template <>
struct TypeCode<std::int8_t> {
  static constexpr int value = DT_INT8;
};
template <>
struct TypeCode<std::uint16_t> {
  static constexpr int value = DT_UINT16;
};
template <>
struct TypeCode<std::int16_t> {
  static constexpr int value = DT_INT16;
};
template <>
struct TypeCode<std::uint32_t> {
  static constexpr int value = DT_UINT32;
};
template <>
struct TypeCode<std::int32_t> {
  static constexpr int value = DT_INT32;
};
template <>
struct TypeCode<std::uint64_t> {
  static constexpr int value = DT_UINT64;
};
template <>
struct TypeCode<std::int64_t> {
  static constexpr int value = DT_INT64;
};
template <>
struct TypeCode<float> {
  static constexpr int value = DT_FLOAT32;
};
template <>
struct TypeCode<double> {
  static constexpr int value = DT_FLOAT64;
};

template <typename T>
class StoredTypes : public testing::Test {};
using AllTypes = testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                                std::int32_t, std::uint64_t, std::int64_t, float, double>;
TYPED_TEST_SUITE(StoredTypes, AllTypes);

template <typename T>
T turned(T value) {
  auto* bytes = reinterpret_cast<unsigned char*>(&value);
  std::reverse(bytes, bytes + sizeof(T));
  return value;
}

/// The whole header in the other byte order, field by field.
nifti_1_header turned_header(nifti_1_header h) {
  h.sizeof_hdr = turned(h.sizeof_hdr);
  for (auto& d : h.dim) d = turned(d);
  for (auto& p : h.pixdim) p = turned(p);
  for (auto* f : {&h.vox_offset, &h.scl_slope, &h.scl_inter, &h.quatern_b, &h.quatern_c, &h.quatern_d,
                  &h.qoffset_x, &h.qoffset_y, &h.qoffset_z}) {
    *f = turned(*f);
  }
  for (auto* s : {&h.datatype, &h.bitpix, &h.qform_code, &h.sform_code}) *s = turned(*s);
  for (auto* row : {h.srow_x, h.srow_y, h.srow_z}) {
    for (int c = 0; c < 4; ++c) row[c] = turned(row[c]);
  }
  return h;
}

TYPED_TEST(StoredTypes, ReadsValuesScalingBothVersionsAndByteOrders) {
  using T = TypeParam;
  const TemporaryFolder folder;
  const T low = std::is_signed_v<T> ? static_cast<T>(-100) : static_cast<T>(0);
  const std::vector<T> values{low, T{0}, T{1}, T{2}, T{3}, T{100}, T{127}, T{64}};
  const int bits = static_cast<int>(8 * sizeof(T));
  const auto expect = [&](const boost::filesystem::path& file, double slope, double inter) {
    const LoadedScan scan = read_nifti(file);
    ASSERT_EQ(scan.volume.voxels.size(), values.size());
    for (std::size_t v = 0; v < values.size(); ++v) {
      EXPECT_FLOAT_EQ(scan.volume.voxels[v],
                      static_cast<float>(static_cast<double>(values[v]) * slope + inter));
    }
  };
  auto one = header_by_hand<nifti_1_header>({2, 2, 2}, TypeCode<T>::value, bits);
  write_by_hand(folder / "1.nii", one, bytes_of(values));
  expect(folder / "1.nii", 1.0, 0.0);

  one.scl_slope = 0.5F;
  one.scl_inter = -3.0F;
  write_by_hand(folder / "scaled.nii", one, bytes_of(values));
  expect(folder / "scaled.nii", 0.5, -3.0);

  std::vector<T> other(values);
  for (T& v : other) v = turned(v);
  write_by_hand(folder / "big.nii", turned_header(one), bytes_of(other));
  expect(folder / "big.nii", 0.5, -3.0);

  auto two = header_by_hand<nifti_2_header>({2, 2, 2, 1}, TypeCode<T>::value, bits);
  two.scl_slope = 2.0;
  write_by_hand(folder / "2.nii", two, bytes_of(values));
  expect(folder / "2.nii", 2.0, 0.0);
}

TEST(Nifti, Int16KeepsWholeNumbersAndSpreadsOthers) {
  const TemporaryFolder folder;
  core::Volume volume(axis_order(3));
  for (std::size_t v = 0; v < volume.voxels.size(); ++v) volume.voxels[v] = static_cast<float>(v) - 20.0F;
  write_nifti(folder / "whole.nii.gz", volume, NiftiType::Int16);
  EXPECT_EQ(read_nifti(folder / "whole.nii.gz").volume.voxels, volume.voxels);
  EXPECT_EQ(read_nifti(folder / "whole.nii.gz").stored_as, "int16");

  volume = noise(volume.grid);
  write_nifti(folder / "spread.nii.gz", volume, NiftiType::Int16);
  const LoadedScan back = read_nifti(folder / "spread.nii.gz");
  const double step = 2000.0 / 65534.0;
  for (std::size_t v = 0; v < volume.voxels.size(); ++v) {
    EXPECT_NEAR(back.volume.voxels[v], volume.voxels[v], 0.51 * step);
  }
  write_nifti(folder / "constant.nii.gz", core::Volume(volume.grid, 0.25F), NiftiType::Int16);
  EXPECT_FLOAT_EQ(read_nifti(folder / "constant.nii.gz").volume.voxels[7], 0.25F);
}

TEST(Nifti, MasksAreBytes) {
  const TemporaryFolder folder;
  core::Mask mask(axis_order(11));
  mask.voxels[3] = mask.voxels[40] = 1;
  write_nifti(folder / "mask.nii.gz", mask);
  const LoadedScan back = read_nifti(folder / "mask.nii.gz");
  EXPECT_EQ(back.stored_as, "uint8");
  EXPECT_EQ(core::above(back.volume, 0.5F).voxels, mask.voxels);
}

TEST(Nifti, SameVolumeSameBytesAndNoTimeOrNameInside) {
  const TemporaryFolder folder;
  const core::Volume volume = noise(axis_order(17));
  write_nifti(folder / "one.nii.gz", volume);
  write_nifti(folder / "two.nii.gz", volume);
  const std::string bytes = core::read_file(folder / "one.nii.gz");
  EXPECT_EQ(bytes, core::read_file(folder / "two.nii.gz"));
  EXPECT_EQ(bytes[3], 0) << "gzip flags: no file name";
  EXPECT_EQ(bytes.substr(4, 4), std::string(4, '\0')) << "gzip time stamp";
}

TEST(Nifti, RefusesWhatItCannotHold) {
  const TemporaryFolder folder;
  core::Volume volume(axis_order(0));
  volume.voxels[5] = std::nanf("");
  EXPECT_THROW(write_nifti(folder / "x.nii", volume), Error);
  EXPECT_FALSE(boost::filesystem::exists(folder / "x.nii"));
}

TEST(NiftiDamage, HeadersAreNotTrusted) {
  const TemporaryFolder folder;
  const std::vector<std::int16_t> voxels(8, 7);
  const auto good = header_by_hand<nifti_1_header>({2, 2, 2}, DT_INT16, 16);

  auto huge = good;
  huge.dim[1] = huge.dim[2] = huge.dim[3] = 32767;
  write_by_hand(folder / "huge.nii", huge, bytes_of(voxels));
  EXPECT_THAT(message_of(folder / "huge.nii", ErrorKind::Geometry), HasSubstr("million voxels"));

  auto large = good;
  large.dim[1] = large.dim[2] = large.dim[3] = 600;
  write_by_hand(folder / "large.nii", large, bytes_of(voxels));
  EXPECT_THAT(message_of(folder / "large.nii", ErrorKind::Input),
              HasSubstr("more voxels than the file can hold"));

  auto series = good;
  series.dim[0] = 4;
  series.dim[4] = 2;
  write_by_hand(folder / "series.nii", series, bytes_of(std::vector<std::int16_t>(16, 7)));
  EXPECT_THAT(message_of(folder / "series.nii", ErrorKind::Input), HasSubstr("2 volumes"));

  auto negative = good;
  negative.dim[2] = -2;
  write_by_hand(folder / "negative.nii", negative, bytes_of(voxels));
  EXPECT_THAT(message_of(folder / "negative.nii", ErrorKind::Input), HasSubstr("axis 2"));

  auto colour = good;
  colour.datatype = DT_RGB24;
  write_by_hand(folder / "rgb.nii", colour, bytes_of(voxels));
  EXPECT_THAT(message_of(folder / "rgb.nii", ErrorKind::Input), HasSubstr("colours"));

  auto nowhere = good;
  nowhere.vox_offset = std::nanf("");
  write_by_hand(folder / "offset.nii", nowhere, bytes_of(voxels));
  EXPECT_THAT(message_of(folder / "offset.nii", ErrorKind::Input), HasSubstr("vox_offset"));

  auto analyze = good;
  std::memset(analyze.magic, 0, 4);
  write_by_hand(folder / "old.nii", analyze, bytes_of(voxels));
  EXPECT_THAT(message_of(folder / "old.nii", ErrorKind::Input), HasSubstr("ANALYZE"));

  auto flat = good;
  flat.sform_code = 0;
  flat.pixdim[2] = 0.0F;
  write_by_hand(folder / "flat.nii", flat, bytes_of(voxels));
  EXPECT_THAT(message_of(folder / "flat.nii", ErrorKind::Geometry), HasSubstr("unknown"));

  core::write_file(folder / "text.nii", "hello");
  EXPECT_THAT(message_of(folder / "text.nii", ErrorKind::Input), HasSubstr("too short"));
  message_of(folder / "missing.nii", ErrorKind::Io);
}

TEST(NiftiDamage, FallsBackInOrderAndSaysSo) {
  const TemporaryFolder folder;
  auto h = header_by_hand<nifti_1_header>({2, 2, 2}, DT_UINT8, 8);
  h.srow_x[0] = 0.0F;  // singular
  h.pixdim[1] = 2.0F;
  const std::string voxels(8, '\1');
  write_by_hand(folder / "a.nii", h, voxels);
  LoadedScan scan = read_nifti(folder / "a.nii");
  EXPECT_THAT(scan.notes, testing::Contains(HasSubstr("sform is singular")));
  EXPECT_THAT(scan.notes, testing::Contains(HasSubstr("orientation unknown")));
  EXPECT_EQ(scan.volume.grid.spacing_mm()[0], 2.0);

  h.srow_x[0] = 1.0F;
  h.pixdim[2] = std::nanf("");
  h.scl_slope = 1.0F;
  h.scl_inter = std::nanf("");
  write_by_hand(folder / "b.nii", h, voxels + "extra");
  scan = read_nifti(folder / "b.nii");
  EXPECT_EQ(scan.volume.voxels, std::vector<float>(8, 1.0F));
  EXPECT_THAT(scan.notes, testing::Contains(HasSubstr("pixdim")));
  EXPECT_THAT(scan.notes, testing::Contains(HasSubstr("scl_inter")));
  EXPECT_THAT(scan.notes, testing::Contains(HasSubstr("after the last voxel")));
}

TEST(NiftiDamage, EveryCutOfAGzippedFileIsAnError) {
  const TemporaryFolder folder;
  write_nifti(folder / "whole.nii.gz", noise(axis_order(0)));
  const std::string bytes = core::read_file(folder / "whole.nii.gz");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    write_fast(folder / "cut.nii.gz", bytes.substr(0, cut));
    EXPECT_THROW((void)read_nifti(folder / "cut.nii.gz"), Error) << cut << " of " << bytes.size();
  }
  std::string flipped = bytes;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);
  core::write_file(folder / "crc.nii.gz", flipped);
  EXPECT_THAT(message_of(folder / "crc.nii.gz", ErrorKind::Input), HasSubstr("damaged"));
}

TEST(NiftiDamage, RandomHeaderBytesNeverCrash) {
  const TemporaryFolder folder;
  write_nifti(folder / "whole.nii", noise(axis_order(0)));
  const std::string bytes = core::read_file(folder / "whole.nii");
  core::Random random(7, "fuzz");
  int read = 0;
  for (int round = 0; round < 300; ++round) {
    std::string bad = bytes;
    for (int b = 0; b < 4; ++b) bad[random.below(352)] = static_cast<char>(random.below(256));
    write_fast(folder / "fuzz.nii", bad);
    try {
      const LoadedScan scan = read_nifti(folder / "fuzz.nii");
      EXPECT_EQ(scan.volume.voxels.size(), scan.volume.grid.voxel_count());
      ++read;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(read, 0);
  EXPECT_LT(read, 300);
}

TEST(NiftiReal, DamagedFilesAreRefusedOrRepairedWithAWord) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  EXPECT_THAT(message_of(data / "bad/ixi_truncated.nii.gz", ErrorKind::Input), HasSubstr("cut short"));
  EXPECT_THAT(message_of(data / "bad/ixi_dim0_9.nii.gz", ErrorKind::Input), HasSubstr("9 axes"));
  EXPECT_THAT(message_of(data / "bad/example4d.nii.gz", ErrorKind::Input), HasSubstr("volumes"));
  EXPECT_THAT(message_of(data / "bad/nifti1.hdr", ErrorKind::Input), HasSubstr(".img"));
  message_of(data / "bad/tinypet.v", ErrorKind::Input);
  message_of(data / "bad/minc2_baddim.mnc", ErrorKind::Input);
  EXPECT_THAT(read_nifti(data / "bad/ixi_pixdim_nan.nii.gz").notes, testing::Contains(HasSubstr("pixdim")));
  const LoadedScan noforms = read_nifti(data / "bad/ixi_noforms.nii.gz");
  EXPECT_THAT(noforms.notes, testing::Contains(HasSubstr("orientation unknown")));
  EXPECT_EQ(noforms.volume.grid.spacing_mm(), (core::Vec3{2, 2, 2}));
}

TEST(NiftiWriter, SliceBySliceTheBytesAreThoseOfTheWholeVolume) {
  const TemporaryFolder folder;
  core::Grid grid;
  grid.size = {37, 23, 11};
  core::Volume volume(grid);
  for (std::size_t n = 0; n < volume.voxels.size(); ++n)
    volume.voxels[n] = static_cast<float>(n * 7919 % 65536) - 32768.0F;
  volume.voxels[0] = 32767.0F;
  const std::size_t plane = 37 * 23;
  const auto slice = [&](std::size_t k, float* values) {
    std::copy_n(volume.voxels.data() + k * plane, plane, values);
  };
  for (const NiftiType type : {NiftiType::Float32, NiftiType::Int16, NiftiType::UInt8}) {
    for (const char* ending : {".nii", ".nii.gz"}) {
      write_nifti(folder / (std::string("whole") + ending), volume, type);
      write_nifti(folder / (std::string("slices") + ending), grid, type, slice);
      EXPECT_EQ(core::read_file(folder / (std::string("slices") + ending)),
                core::read_file(folder / (std::string("whole") + ending)));
    }
  }
  EXPECT_THROW(write_nifti(folder / "torn.nii", grid, NiftiType::Int16,
                           [&](std::size_t k, float* values) {
                             if (k == 7) throw Error(ErrorKind::Io, "the disk fell off");
                             slice(k, values);
                           }),
               Error);
  volume.voxels[plane * 5] = std::nanf("");
  EXPECT_THROW(write_nifti(folder / "nan.nii", grid, NiftiType::Float32, slice), Error);
  EXPECT_EQ(std::distance(boost::filesystem::directory_iterator(folder.path()),
                          boost::filesystem::directory_iterator()),
            4);
}

TEST(NiftiReader, ManyVoxelsThatAreNoNumbersAreAWarning) {
  const TemporaryFolder folder;
  core::Grid grid;
  grid.size = {20, 20, 10};
  for (const std::size_t count : {4U, 5U}) {  // of 4000: one in a thousand, and more
    auto header = header_by_hand<nifti_1_header>({20, 20, 10}, DT_FLOAT32, 32);
    std::vector<float> voxels(4000, 1.0F);
    for (std::size_t n = 0; n < count; ++n) voxels[n * 11] = std::nanf("");
    write_by_hand(folder / "a.nii", header, bytes_of(voxels));
    const LoadedScan scan = read_nifti(folder / "a.nii");
    EXPECT_EQ(scan.not_finite.size(), count);
    EXPECT_EQ(scan.warnings.size(), count == 5 ? 1U : 0U);
  }
}

}  // namespace
}  // namespace isoscan::io
