/// @file Which numbers a DICOM voxel gets: bits, choices of scaling, tilted and uneven slices.
#include <cmath>
#include <cstring>

#include <gmock/gmock.h>

#include "isoscan/core/error.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/test/support.hpp"

#include "dicom_files.hpp"
#include "read_series.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;
using test::error_of;
using test::SliceFacts;
using test::source_of;
using test::TemporaryFolder;
using test::write_series;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

void put_private(DcmItem& item, unsigned short element, DcmEVR vr, const std::string& text) {
  DcmElement* made = nullptr;
  ASSERT_TRUE(DcmItem::newDicomElementWithVR(made, DcmTag(0x2005, element, DcmVR(vr))).good());
  ASSERT_TRUE(made->putString(text.c_str()).good());
  ASSERT_TRUE(item.insert(made, OFTrue).good());
}

/// Two slices of one pixel pattern each; `edit` changes what the bits mean.
LoadedScan read_two(const std::function<void(DcmDataset&)>& edit, ReadChoices read = {},
                    E_TransferSyntax syntax = EXS_LittleEndianExplicit) {
  const TemporaryFolder folder;
  write_series(folder.path(), SliceFacts{}, 2, 1.0, [&](int, SliceFacts& f) {
    f.edit = edit;
    f.syntax = syntax;
  });
  return read_scan(source_of(folder.path(), read));
}

constexpr std::size_t kPixels = 30;

void set_bits(DcmDataset& d, Uint16 allocated, Uint16 stored, Uint16 high, Uint16 is_signed) {
  d.putAndInsertUint16(DCM_BitsAllocated, allocated);
  d.putAndInsertUint16(DCM_BitsStored, stored);
  d.putAndInsertUint16(DCM_HighBit, high);
  d.putAndInsertUint16(DCM_PixelRepresentation, is_signed);
}

TEST(DicomBits, EightBits) {
  for (const bool is_signed : {false, true}) {
    const LoadedScan scan = read_two([&](DcmDataset& d) {
      set_bits(d, 8, 8, 7, is_signed ? 1 : 0);
      std::vector<Uint8> pixels(kPixels);
      for (std::size_t p = 0; p < kPixels; ++p) pixels[p] = static_cast<Uint8>(240 + p % 16);
      d.putAndInsertUint8Array(DCM_PixelData, pixels.data(), pixels.size());
    });
    EXPECT_EQ(scan.stored_as, is_signed ? "int8" : "uint8");
    for (std::size_t p = 0; p < kPixels; ++p)
      EXPECT_EQ(scan.volume.voxels[p], static_cast<float>(240 + p % 16) - (is_signed ? 256.0F : 0.0F));
  }
}

/// 10 bits that end at bit 12, with something else above and below them.
TEST(DicomBits, BitsInTheMiddle) {
  for (const bool is_signed : {false, true}) {
    const LoadedScan scan = read_two([&](DcmDataset& d) {
      set_bits(d, 16, 10, 12, is_signed ? 1 : 0);
      std::vector<Uint16> pixels(kPixels);
      for (std::size_t p = 0; p < kPixels; ++p)
        pixels[p] = static_cast<Uint16>((1000 + p % 24) << 3U | 0xe005U);
      d.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size());
    });
    for (std::size_t p = 0; p < kPixels; ++p)
      EXPECT_EQ(scan.volume.voxels[p], static_cast<float>(1000 + p % 24) - (is_signed ? 1024.0F : 0.0F));
  }
}

TEST(DicomBits, ThirtyTwoBits) {
  for (const bool is_signed : {false, true}) {
    const LoadedScan scan = read_two([&](DcmDataset& d) {
      set_bits(d, 32, 32, 31, is_signed ? 1 : 0);
      std::vector<Uint16> words(2 * kPixels);
      for (std::size_t p = 0; p < kPixels; ++p) {
        const std::uint32_t value = 0xffffff00U + static_cast<std::uint32_t>(p);
        std::memcpy(words.data() + 2 * p, &value, 4);
      }
      d.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size());
    });
    EXPECT_EQ(scan.stored_as, is_signed ? "int32" : "uint32");
    EXPECT_EQ(scan.volume.voxels[5], is_signed ? -251.0F : 4294967045.0F);
    EXPECT_THAT(scan.notes, Contains(HasSubstr("2^24")));
  }
}

TEST(DicomBits, FloatingPointPixels) {
  for (const bool doubles : {false, true}) {
    for (const E_TransferSyntax syntax : {EXS_LittleEndianExplicit, EXS_LittleEndianImplicit}) {
      const LoadedScan scan = read_two(
          [&](DcmDataset& d) {
            (void)d.findAndDeleteElement(DCM_PixelData);
            for (const DcmTagKey& key : {DCM_BitsStored, DCM_HighBit, DCM_PixelRepresentation})
              (void)d.findAndDeleteElement(key);
            d.putAndInsertUint16(DCM_BitsAllocated, doubles ? 64 : 32);
            std::vector<Float32> single(kPixels);
            std::vector<Float64> twice(kPixels);
            for (std::size_t p = 0; p < kPixels; ++p)
              single[p] = static_cast<Float32>(twice[p] = 0.25 * double(p) - 3);
            single[7] = std::nanf("");
            twice[7] = std::nan("");
            if (doubles) {
              ASSERT_TRUE(d.putAndInsertFloat64Array(DCM_DoubleFloatPixelData, twice.data(), kPixels).good());
            } else {
              ASSERT_TRUE(d.putAndInsertFloat32Array(DCM_FloatPixelData, single.data(), kPixels).good());
            }
          },
          {}, syntax);
      EXPECT_EQ(scan.stored_as, doubles ? "float64" : "float32");
      for (std::size_t p = 0; p < kPixels; ++p)
        EXPECT_EQ(scan.volume.voxels[p], p == 7 ? 0.0F : 0.25F * static_cast<float>(p) - 3.0F);
      EXPECT_THAT(scan.not_finite, ElementsAre(7, 7 + kPixels));
    }
  }
}

TEST(DicomBits, OddWidthsAreRefused) {
  const TemporaryFolder folder;
  write_series(folder.path(), SliceFacts{}, 2, 1.0,
               [](int, SliceFacts& f) { f.edit = [](DcmDataset& d) { set_bits(d, 12, 12, 11, 0); }; });
  EXPECT_THAT(error_of(source_of(folder.path())), HasSubstr("12 of 12 bits"));
}

/// Rescale slope 2 and intercept -10 in all of them.
void philips(DcmDataset& d) {
  d.putAndInsertString(DCM_RescaleSlope, "2");
  d.putAndInsertString(DCM_RescaleIntercept, "-10");
  put_private(d, 0x0012, EVR_LO, "Philips MR Imaging DD 001");  // not in the usual block
  put_private(d, 0x120e, EVR_FL, "0.25");
}

TEST(DicomScaling, ChoicesDoWhatTheySay) {
  // The implicit file loses the type of the private attribute: four bytes are left.
  for (const E_TransferSyntax syntax : {EXS_LittleEndianExplicit, EXS_LittleEndianImplicit}) {
    const auto value = [&](Scaling scaling) { return read_two(philips, {scaling, false, false}, syntax); };
    EXPECT_EQ(value(Scaling::Stored).volume.voxels[6], 11.0F);
    EXPECT_EQ(value(Scaling::Rescale).volume.voxels[6], 12.0F);
    EXPECT_EQ(value(Scaling::Philips).volume.voxels[6], 24.0F);
    EXPECT_EQ(value(Scaling::Auto).volume.voxels[6], 24.0F);
    EXPECT_THAT(value(Scaling::Auto).notes, Contains(HasSubstr("Philips scaling")));
    EXPECT_THAT(value(Scaling::Rescale).notes, ElementsAre("rescale slope and intercept applied"));
    EXPECT_THAT(value(Scaling::Stored).notes, ElementsAre("stored values, no scaling applied"));
  }
}

/// Stored values 0 to 99 of each slice have a meaning.
void real_world(DcmDataset& d) {
  DcmItem* item = nullptr;
  ASSERT_TRUE(d.findOrCreateSequenceItem(DCM_RealWorldValueMappingSequence, item, -2).good());
  item->putAndInsertFloat64(DCM_RealWorldValueSlope, 0.5);
  item->putAndInsertFloat64(DCM_RealWorldValueIntercept, 3.0);
  item->putAndInsertUint16(DcmTag(0x0040, 0x9216, DcmVR(EVR_US)), 0);
  item->putAndInsertUint16(DcmTag(0x0040, 0x9211, DcmVR(EVR_US)), 199);
  DcmItem* unit = nullptr;
  ASSERT_TRUE(item->findOrCreateSequenceItem(DCM_MeasurementUnitsCodeSequence, unit, -2).good());
  unit->putAndInsertString(DCM_CodeValue, "ms");
}

TEST(DicomScaling, RealWorldValues) {
  const LoadedScan scan = read_two(real_world, {Scaling::RealWorld, false, false});
  EXPECT_EQ(scan.volume.voxels[6], 8.5F);
  EXPECT_EQ(scan.volume.voxels[36], 58.5F);
  EXPECT_THAT(scan.notes, ElementsAre("real-world value mapping applied (unit ms)"));
  const auto refused = [&](const std::function<void(DcmDataset&)>& edit, Scaling scaling) {
    const TemporaryFolder folder;
    write_series(folder.path(), SliceFacts{}, 2, 1.0, [&](int, SliceFacts& f) { f.edit = edit; });
    return error_of(source_of(folder.path(), {scaling, false, false}));
  };
  EXPECT_THAT(refused([](DcmDataset&) {}, Scaling::RealWorld), HasSubstr("no Real World Value Mapping"));
  EXPECT_THAT(refused([](DcmDataset&) {}, Scaling::Philips), HasSubstr("no Philips scale slope"));
  EXPECT_THAT(refused(
                  [](DcmDataset& d) {
                    real_world(d);
                    DcmItem* item = nullptr;
                    d.findAndGetSequenceItem(DCM_RealWorldValueMappingSequence, item, 0);
                    item->putAndInsertUint16(DcmTag(0x0040, 0x9211, DcmVR(EVR_US)), 120);
                  },
                  Scaling::RealWorld),
              HasSubstr("does not cover"));
  EXPECT_THAT(refused(
                  [](DcmDataset& d) {
                    real_world(d);
                    DcmItem* item = nullptr;
                    d.findAndGetSequenceItem(DCM_RealWorldValueMappingSequence, item, 0);
                    (void)item->findAndDeleteElement(DCM_RealWorldValueSlope);
                  },
                  Scaling::RealWorld),
              HasSubstr("is a table or lacks"));
  const auto table = [](DcmDataset& d) {
    DcmItem* item = nullptr;
    d.findOrCreateSequenceItem(DCM_ModalityLUTSequence, item, -2);
  };
  EXPECT_THAT(refused(table, Scaling::Rescale), HasSubstr("look-up table"));
  EXPECT_EQ(read_two(table, {Scaling::Stored, false, false}).volume.voxels[6], 11.0F);
}

TEST(DicomScaling, EachSlicesOwnScalingIsAppliedAndSaid) {
  const TemporaryFolder folder;
  write_series(folder.path(), SliceFacts{}, 3, 1.0, [](int s, SliceFacts& f) { f.slope = 1.0 + s; });
  const LoadedScan scan = read_scan(source_of(folder.path()));
  EXPECT_EQ(scan.volume.voxels[6], 11.0F);
  EXPECT_EQ(scan.volume.voxels[36], 222.0F);
  EXPECT_THAT(scan.notes, Contains("each slice has its own scaling"));
}

TEST(DicomScaling, ASlopeOfZeroIsNoSlope) {
  const LoadedScan scan = read_two([](DcmDataset& d) { d.putAndInsertString(DCM_RescaleSlope, "0"); });
  EXPECT_EQ(scan.volume.voxels[6], 11.0F);
  EXPECT_THAT(scan.notes, Contains("a rescale slope of 0 was taken as 1"));
}

/// Without a meta header, and with one that names no transfer syntax.
TEST(DicomFiles, MissingMetaHeaderAndTransferSyntax) {
  for (const E_TransferSyntax syntax :
       {EXS_LittleEndianExplicit, EXS_LittleEndianImplicit, EXS_BigEndianExplicit}) {
    const TemporaryFolder folder;
    write_series(folder / "whole", SliceFacts{}, 30, 3.0, [&](int, SliceFacts& f) { f.syntax = syntax; });
    fs::create_directories(folder / "bare");
    fs::create_directories(folder / "unnamed");
    for (fs::directory_iterator at(folder / "whole"), end; at != end; ++at) {
      DcmFileFormat format;
      ASSERT_TRUE(format.loadFile(at->path().c_str()).good());
      const fs::path name = at->path().filename();
      ASSERT_TRUE(format.getDataset()->saveFile((folder.path() / "bare" / name).c_str(), syntax).good());
      format.loadAllDataIntoMemory();
      // TransferSyntaxUID (0002,0010) is the one attribute taken out; the group's length is set right again.
      ASSERT_TRUE(format.saveFile((folder.path() / "unnamed" / name).c_str(), syntax).good());
      std::ifstream in((folder.path() / "unnamed" / name).string(), std::ios::binary);
      std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
      const std::size_t where = bytes.find(std::string("\x02\x00\x10\x00UI", 6));
      ASSERT_NE(where, std::string::npos);
      const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes[where + 6]));
      bytes.erase(where, 8 + length);
      const std::size_t group = bytes.find(std::string("\x02\x00\x00\x00UL", 6));
      ASSERT_NE(group, std::string::npos);
      bytes[group + 8] = static_cast<char>(bytes[group + 8] - static_cast<char>(8 + length));
      std::ofstream out((folder.path() / "unnamed" / name).string(), std::ios::binary);
      out << bytes;
    }
    const core::Volume whole = read_scan(source_of(folder / "whole")).volume;
    for (const char* name : {"bare", "unnamed"}) {
      const ScanList list = find_scans(folder / name, core::Context{});
      ASSERT_THAT(list.scans, SizeIs(1)) << name << " " << DcmXfer(syntax).getXferName();
      EXPECT_EQ(read_scan(list.scans[0]).volume.voxels, whole.voxels) << name;
    }
  }
}

// --- slices that do not lie on a right-angled grid ---

constexpr double kStep = 0.02;  // of the rescaled values

/// An image that is linear in the world.
double brightness(const core::Vec3& at) {
  return 400.0 + 1.5 * at[0] - 2.0 * at[1] + 0.75 * at[2];
}

/// `count` slices; `offset_mm` gives where slice s lies: right, down (in its own rows and columns) and up.
ScanSource write_phantom(const fs::path& folder, int count,
                         const std::function<core::Vec3(int slice)>& offset_mm, bool resample) {
  SliceFacts f;
  f.rows = 24;
  f.columns = 20;
  f.spacing = {1.5, 2.0};
  f.slope = kStep;
  f.orientation = {0.96, 0.28, 0, 0, 0, -1};
  write_series(folder, f, count, 0.0, [&](int s, SliceFacts& slice) {
    const core::Vec3 off = offset_mm(s);
    const auto& o = slice.orientation;
    const std::array<double, 3> normal{o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5],
                                       o[0] * o[4] - o[1] * o[3]};
    for (std::size_t a = 0; a < 3; ++a)
      slice.position[a] = 5.0 + o[a] * off[0] + o[3 + a] * off[1] + normal[a] * off[2];
    const auto start = slice.position;
    slice.value = [=](int row, int column) {
      core::Vec3 at{};
      for (std::size_t a = 0; a < 3; ++a) at[a] = start[a] + o[a] * 2.0 * column + o[3 + a] * 1.5 * row;
      return static_cast<unsigned short>(std::lround(brightness(at) / kStep));
    };
    slice.edit = [](DcmDataset& d) { set_bits(d, 16, 16, 15, 0); };
  });
  return source_of(folder, {Scaling::Auto, false, resample});
}

/// Right angles, and every voxel as bright as the world is there; those outside the slices hold one value.
void expect_phantom(const LoadedScan& scan, double least_share_inside) {
  const core::Grid& grid = scan.volume.grid;
  for (int a = 0; a < 3; ++a) {
    const core::Vec3 x = grid.world_from_voxel.column(a);
    const core::Vec3 y = grid.world_from_voxel.column((a + 1) % 3);
    EXPECT_NEAR(x[0] * y[0] + x[1] * y[1] + x[2] * y[2], 0.0, 1e-4);
  }
  const float outside = *std::min_element(scan.volume.voxels.begin(), scan.volume.voxels.end());
  std::size_t inside = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const float value = scan.volume.at(i, j, k);
        if (value == outside) continue;
        ++inside;
        ASSERT_NEAR(value, brightness(grid.world_from_voxel({double(i), double(j), double(k)})), 0.03)
            << i << " " << j << " " << k;
      }
    }
  }
  EXPECT_GT(static_cast<double>(inside), least_share_inside * static_cast<double>(grid.voxel_count()));
}

TEST(DicomSlices, TiltIsRefusedWithItsAngleAndResampledOnRequest) {
  const auto tilt = [](int s) { return core::Vec3{0.0, 1.2 * s, 4.0 * s}; };
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(write_phantom(folder.path(), 10, tilt, false)),
              AllOf(HasSubstr("shifted against each other by up to 10.8 mm"),
                    HasSubstr("gantry tilt of 16.7 degrees"), HasSubstr("--resample")));
  const LoadedScan scan = read_scan(write_phantom(folder.path(), 10, tilt, true));
  EXPECT_EQ(scan.volume.grid.size, (core::Index3{20, 24 + 8, 10}));
  EXPECT_NEAR(scan.volume.grid.spacing_mm()[2], 4.0, 1e-5);
  expect_phantom(scan, 0.7);
  EXPECT_THAT(scan.warnings, Contains(AllOf(HasSubstr("resampled (linear)"), HasSubstr("16.7 degrees"),
                                            HasSubstr("smallest value"))));
  EXPECT_THAT(scan.notes, Contains(scan.warnings[0]));
}

TEST(DicomSlices, MovedSlicesAreBroughtBack) {
  const auto moved = [](int s) {
    return core::Vec3{s % 3 == 1 ? 3.1 : 0.0, s % 4 == 2 ? -2.3 : 0.0, 3.0 * s};
  };
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(write_phantom(folder.path(), 12, moved, false)), HasSubstr("moved slices"));
  const LoadedScan scan = read_scan(write_phantom(folder.path(), 12, moved, true));
  EXPECT_EQ(scan.volume.grid.size, (core::Index3{22, 26, 12}));
  expect_phantom(scan, 0.6);
}

TEST(DicomSlices, UnevenStepsAreMadeEven) {
  const auto uneven = [](int s) { return core::Vec3{0.0, 0.0, 3.0 * s + 0.05 * s * s}; };
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(write_phantom(folder.path(), 12, uneven, false)),
              AllOf(HasSubstr("not evenly spaced (from 3.05 mm to 4.05 mm)"), HasSubstr("--resample")));
  const LoadedScan scan = read_scan(write_phantom(folder.path(), 12, uneven, true));
  expect_phantom(scan, 0.98);
  const core::Grid& grid = scan.volume.grid;
  EXPECT_NEAR(grid.spacing_mm()[2] * static_cast<double>(grid.size[2] - 1), 3.0 * 11 + 0.05 * 121, 1e-4);
}

TEST(DicomSlices, MissingSlicesStayRefused) {
  const auto gap = [](int s) { return core::Vec3{0.0, 0.0, 3.0 * (s < 6 ? s : s + 2)}; };
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(write_phantom(folder.path(), 12, gap, true)),
              HasSubstr("slices are missing: one step is 9 mm, the others 3 mm"));
}

TEST(DicomSlices, FindScansTakesTiltedSlicesOnRequest) {
  const TemporaryFolder folder;
  write_series(folder.path(), SliceFacts{}, 30, 3.0, [](int s, SliceFacts& f) { f.position[1] += 0.5 * s; });
  EXPECT_THAT(find_scans(folder.path(), core::Context{}).scans, IsEmpty());
  FindOptions options;
  options.read.resample = true;
  const ScanList list = find_scans(folder.path(), core::Context{}, options);
  ASSERT_THAT(list.scans, SizeIs(1));
  EXPECT_THAT(read_scan(list.scans[0]).warnings, SizeIs(1));
}

}  // namespace
}  // namespace isoscan::io
