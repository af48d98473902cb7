/// @file Many planes in one file: Siemens mosaics, UIH grids, Enhanced objects, series over time.
#include "dcmtk/config/osconfig.h"

#include <cmath>

#include <dcmtk/dcmdata/dcofsetl.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <gdcmJPEG2000Codec.h>
#include <gdcmSequenceOfFragments.h>
#include <gmock/gmock.h>

#include "isoscan/core/error.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/test/support.hpp"

#include "dicom_files.hpp"
#include "read_series.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;
using test::ds;
using test::error_of;
using test::SliceFacts;
using test::source_of;
using test::TemporaryFolder;
using test::write_series;
using test::write_slice;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

void put(DcmItem& item, unsigned short group, unsigned short element, DcmEVR vr, const std::string& text) {
  DcmElement* made = nullptr;
  const DcmTag tag(group, element, DcmVR(vr));
  ASSERT_TRUE(DcmItem::newDicomElementWithVR(made, tag).good());
  ASSERT_TRUE(made->putString(text.c_str()).good());
  ASSERT_TRUE(item.insert(made, OFTrue).good());
}

DcmItem& item_in(DcmItem& parent, unsigned short group, unsigned short element, long number = -2) {
  DcmItem* item = nullptr;
  EXPECT_TRUE(parent.findOrCreateSequenceItem(DcmTag(group, element, DcmVR(EVR_SQ)), item, number).good());
  return *item;
}

// --- Siemens ---

void append(std::string& bytes, std::int32_t number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

/// A CSA2 header ("SV10") with these elements.
std::string csa_header(const std::vector<std::pair<std::string, std::vector<std::string>>>& elements) {
  std::string bytes("SV10\x04\x03\x02\x01", 8);
  append(bytes, static_cast<std::int32_t>(elements.size()));
  append(bytes, 77);
  for (const auto& [name, values] : elements) {
    std::string padded = name;
    padded.resize(64, '\0');
    bytes += padded;
    append(bytes, static_cast<std::int32_t>(values.size()));
    bytes += std::string("IS\0\0", 4);
    append(bytes, 6);
    append(bytes, static_cast<std::int32_t>(values.size()));
    append(bytes, 77);
    for (const std::string& value : values) {
      const auto length = static_cast<std::int32_t>(value.size() + 1);
      for (const std::int32_t part : {length, length, 77, length}) append(bytes, part);
      std::string text = value;
      text.resize((value.size() + 4) / 4 * 4, '\0');
      bytes += text;
    }
  }
  return bytes;
}

constexpr int kTileRows = 4;
constexpr int kTileColumns = 6;
constexpr int kTiles = 7;  // of 3 x 3

/// A mosaic whose tile t holds 100 t + its own pattern; slices 2.5 mm apart.
SliceFacts mosaic() {
  SliceFacts f;
  f.image_type = "ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC";
  f.rows = 3 * kTileRows;
  f.columns = 3 * kTileColumns;
  f.spacing = {1.5, 2.0};
  f.position = {-40.0, 20.0, 10.0};
  f.orientation = {1, 0, 0, 0, 0, -1};  // coronal: the normal is +y
  f.value = [](int row, int column) {
    const int tile = row / kTileRows * 3 + column / kTileColumns;
    return static_cast<unsigned short>(tile * 100 + row % kTileRows * 10 + column % kTileColumns);
  };
  return f;
}

std::function<void(DcmDataset&)> with_csa(const std::string& header, bool count = false) {
  return [=](DcmDataset& d) {
    d.putAndInsertString(DCM_SpacingBetweenSlices, "2.5");
    if (!header.empty()) {
      put(d, 0x0029, 0x0011, EVR_LO, "SIEMENS CSA HEADER");
      DcmElement* made = nullptr;
      ASSERT_TRUE(DcmItem::newDicomElementWithVR(made, DcmTag(0x0029, 0x1110, DcmVR(EVR_OB))).good());
      made->putUint8Array(reinterpret_cast<const Uint8*>(header.data()), header.size());
      ASSERT_TRUE(d.insert(made, OFTrue).good());
    }
    if (count) {
      put(d, 0x0019, 0x0010, EVR_LO, "SIEMENS MR HEADER");
      d.putAndInsertUint16(DcmTag(0x0019, 0x100a, DcmVR(EVR_US)), kTiles);
    }
  };
}

/// @param along  1 or -1: which way the slices run along +y
void expect_mosaic(const LoadedScan& scan, double along) {
  ASSERT_EQ(scan.volume.grid.size, (core::Index3{kTileColumns, kTileRows, kTiles}));
  const core::Affine voxel_from_world = scan.volume.grid.world_from_voxel.inverse();
  // The corner that the header gives is that of one plane as large as the mosaic, centred as the first tile.
  const core::Vec3 corner{-40.0 + 2.0 * kTileColumns, 20.0, 10.0 - 1.5 * kTileRows};
  for (int tile = 0; tile < kTiles; ++tile) {
    for (int row = 0; row < kTileRows; ++row) {
      for (int column = 0; column < kTileColumns; ++column) {
        const core::Vec3 at = voxel_from_world(
            {corner[0] + 2.0 * column, corner[1] + along * 2.5 * tile, corner[2] - 1.5 * row});
        EXPECT_EQ(scan.volume.at(std::lround(at[0]), std::lround(at[1]), std::lround(at[2])),
                  static_cast<float>(tile * 100 + row * 10 + column));
      }
    }
  }
}

TEST(DicomMosaic, TilesLieWhereTheCsaHeaderSays) {
  for (const double along : {1.0, -1.0}) {
    const TemporaryFolder folder;
    SliceFacts f = mosaic();
    f.edit = with_csa(csa_header({{"EchoLinePosition", {"32", "", ""}},
                                  {"SliceNormalVector", {"0.0", along > 0 ? "1.0" : "-1.0", "0.0"}},
                                  {"NumberOfImagesInMosaic", {"7"}}}));
    write_slice(folder / "m.dcm", f);
    const LoadedScan scan = read_scan(source_of(folder.path()));
    expect_mosaic(scan, along);
    EXPECT_THAT(scan.warnings, IsEmpty());
    EXPECT_THAT(scan.notes, Contains(HasSubstr("mosaic of 3 x 3 tiles")));
  }
}

TEST(DicomMosaic, WithoutTheCsaHeaderTheDirectionIsAGuessThatIsSaid) {
  const TemporaryFolder folder;
  SliceFacts f = mosaic();
  f.edit = with_csa("", true);
  write_slice(folder / "m.dcm", f);
  const LoadedScan scan = read_scan(source_of(folder.path()));
  expect_mosaic(scan, 1.0);
  EXPECT_THAT(scan.warnings, Contains(HasSubstr("check head and feet")));
}

TEST(DicomMosaic, WithoutACountItIsSetAside) {
  const TemporaryFolder folder;
  SliceFacts f = mosaic();
  f.edit = with_csa("");
  write_slice(folder / "m.dcm", f);
  const ScanList list = find_scans(folder.path(), core::Context{});
  EXPECT_THAT(list.scans, IsEmpty());
  ASSERT_THAT(list.set_aside, SizeIs(1));
  EXPECT_THAT(list.set_aside[0].reason, HasSubstr("number of slices is not in its header"));
  EXPECT_THAT(error_of(source_of(folder.path())), HasSubstr("a mosaic"));
}

TEST(DicomMosaic, ADamagedCsaHeaderIsNoHeader) {
  const std::string whole = csa_header({{"SliceNormalVector", {"0.0", "1.0", "0.0"}},
                                        {"NumberOfImagesInMosaic", {"7"}},
                                        {"ProtocolSliceNumber", {"0"}}});
  const TemporaryFolder folder;
  for (std::size_t length = 0; length < whole.size(); length += 13) {
    SliceFacts f = mosaic();
    f.edit = with_csa(whole.substr(0, length), true);
    write_slice(folder / "m.dcm", f);
    expect_mosaic(read_scan(source_of(folder.path())), 1.0);
  }
  for (std::size_t at = 8; at < whole.size(); at += 4) {  // false counts and lengths
    std::string bad = whole;
    bad.replace(at, 4, std::string("\xff\xff\xff\x7f", 4));
    SliceFacts f = mosaic();
    f.edit = with_csa(bad, true);
    write_slice(folder / "m.dcm", f);
    (void)error_of(source_of(folder.path()));
  }
}

// --- UIH ---

TEST(DicomGrid, TilesLieWhereTheirItemsSay) {
  const TemporaryFolder folder;
  SliceFacts f = mosaic();  // 7 tiles fill 3 x 3 here too
  f.image_type = "ORIGINAL\\PRIMARY\\M\\VFRAME";
  f.edit = [](DcmDataset& d) {
    (void)d.findAndDeleteElement(DCM_ImagePositionPatient);
    put(d, 0x0065, 0x0010, EVR_LO, "Image Private Header");
    put(d, 0x0065, 0x1050, EVR_DS, "7");
    for (int t = 0; t < kTiles; ++t) {
      DcmItem& item = item_in(d, 0x0065, 0x1051);
      const std::array<double, 3> at{-28.0, 20.0 - 2.5 * t, 4.0};  // against the normal
      item.putAndInsertString(DCM_ImagePositionPatient, ds(at.data(), 3).c_str());
    }
  };
  write_slice(folder / "g.dcm", f);
  expect_mosaic(read_scan(source_of(folder.path())), -1.0);
  f.edit = nullptr;
  write_slice(folder / "g.dcm", f);
  EXPECT_THAT(error_of(source_of(folder.path())), HasSubstr("a grid of frames whose positions"));
}

// --- Enhanced ---

struct EnhancedFrame {
  int slice = 0;
  int time = 0;
};

constexpr int kSlices = 5;
constexpr int kTimes = 3;

unsigned short enhanced_value(const EnhancedFrame& f, int pixel) {
  return static_cast<unsigned short>(100 * f.slice + 1000 * f.time + pixel % 97);
}

/// Orientation and spacing shared; position, time and rescale per frame. Frames in any order.
void write_enhanced(const fs::path& file, const std::vector<EnhancedFrame>& order, bool jpeg2000) {
  SliceFacts f;
  f.rows = 16;
  f.columns = 12;
  constexpr std::size_t kPixels = 16 * 12;
  f.edit = [&](DcmDataset& d) {
    d.putAndInsertString(DCM_SOPClassUID, UID_EnhancedMRImageStorage);
    for (const DcmTagKey& classic : {DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_PixelSpacing,
                                     DCM_RescaleSlope, DCM_RescaleIntercept})
      (void)d.findAndDeleteElement(classic);
    d.putAndInsertString(DCM_NumberOfFrames, std::to_string(order.size()).c_str());
    DcmItem& shared = item_in(d, 0x5200, 0x9229);
    item_in(shared, 0x0020, 0x9116).putAndInsertString(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
    item_in(shared, 0x0028, 0x9110).putAndInsertString(DCM_PixelSpacing, "1.5\\2");
    std::vector<Uint16> pixels;
    for (const EnhancedFrame& frame : order) {
      DcmItem& own = item_in(d, 0x5200, 0x9230);
      item_in(own, 0x0020, 0x9113)
          .putAndInsertString(DCM_ImagePositionPatient, ("1\\2\\" + std::to_string(3 * frame.slice)).c_str());
      item_in(own, 0x0020, 0x9111)
          .putAndInsertUint32(DCM_TemporalPositionIndex, static_cast<Uint32>(frame.time + 1));
      DcmItem& values = item_in(own, 0x0028, 0x9145);
      values.putAndInsertString(DCM_RescaleSlope, std::to_string(1 + frame.slice).c_str());
      values.putAndInsertString(DCM_RescaleIntercept, "-7");
      for (std::size_t p = 0; p < kPixels; ++p) pixels.push_back(enhanced_value(frame, static_cast<int>(p)));
    }
    (void)d.findAndDeleteElement(DCM_PixelData);
    if (!jpeg2000) {
      ASSERT_TRUE(d.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size()).good());
      return;
    }
    auto* const sequence = new DcmPixelSequence(DCM_PixelSequenceTag);
    sequence->insert(new DcmPixelItem(DCM_PixelItemTag));
    DcmOffsetList offsets;
    for (std::size_t frame = 0; frame < order.size(); ++frame) {
      gdcm::JPEG2000Codec codec;
      codec.SetReversible(true);
      codec.SetNumberOfDimensions(2);
      const std::array<unsigned, 3> size{12, 16, 1};
      codec.SetDimensions(size.data());
      codec.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
      codec.SetPixelFormat(gdcm::PixelFormat(1, 16, 12, 11, 0));
      gdcm::DataElement in(gdcm::Tag(0x7fe0, 0x0010));
      in.SetByteValue(reinterpret_cast<const char*>(pixels.data() + frame * kPixels), 2 * kPixels);
      gdcm::DataElement out;
      ASSERT_TRUE(codec.Code(in, out));
      const gdcm::ByteValue& code = *out.GetSequenceOfFragments()->GetFragment(0).GetByteValue();
      std::vector<Uint8> bytes(code.GetPointer(), code.GetPointer() + code.GetLength());
      sequence->storeCompressedFrame(offsets, bytes.data(), static_cast<Uint32>(bytes.size()), 0);
    }
    auto* const element = new DcmPixelData(DCM_PixelData);
    element->putOriginalRepresentation(EXS_JPEG2000LosslessOnly, nullptr, sequence);
    ASSERT_TRUE(d.insert(element, OFTrue).good());
  };
  if (jpeg2000) f.syntax = EXS_JPEG2000LosslessOnly;
  write_slice(file, f);
}

std::vector<EnhancedFrame> all_frames() {
  std::vector<EnhancedFrame> order;
  for (int slice = kSlices - 1; slice >= 0; --slice) {
    for (int time = kTimes - 1; time >= 0; --time) order.push_back({slice, time});
  }
  return order;
}

void expect_first_volume(const LoadedScan& scan) {
  ASSERT_EQ(scan.volume.grid.size, (core::Index3{12, 16, kSlices}));
  for (int slice = 0; slice < kSlices; ++slice) {
    const core::Vec3 at = scan.volume.grid.world_from_voxel({0, 0, double(slice)});
    EXPECT_NEAR(at[2], 3.0 * slice, 1e-6);
    for (int p = 0; p < 192; ++p) {
      ASSERT_EQ(scan.volume.at(p % 12, p / 12, slice),
                static_cast<float>((1 + slice) * enhanced_value({slice, 0}, p) - 7));
    }
  }
}

TEST(DicomEnhanced, FramesAreFoundByTheirFunctionalGroups) {
  for (const bool jpeg2000 : {false, true}) {
    const TemporaryFolder folder;
    write_enhanced(folder / "e.dcm", all_frames(), jpeg2000);
    ScanSource source = source_of(folder.path());
    EXPECT_THAT(error_of(source), HasSubstr("holds 3 volumes"));
    source.read.first_volume = true;
    const LoadedScan scan = read_scan(source);
    expect_first_volume(scan);
    EXPECT_THAT(scan.notes, Contains("the first of 3 volumes"));
    EXPECT_THAT(scan.notes, Contains("each slice has its own scaling"));
  }
}

TEST(DicomEnhanced, AStoppedSeriesKeepsItsFirstVolume) {
  const TemporaryFolder folder;
  std::vector<EnhancedFrame> order = all_frames();
  std::erase_if(order, [](const EnhancedFrame& f) { return f.time == 2 && f.slice > 1; });
  write_enhanced(folder / "e.dcm", order, false);
  ScanSource source = source_of(folder.path());
  source.read.first_volume = true;
  const LoadedScan scan = read_scan(source);
  expect_first_volume(scan);
  EXPECT_THAT(scan.notes, Contains("the first of 3 volumes (the last lacks 3 slices)"));
}

// --- classic series over time ---

/// Two volumes; the second is called first by name. `mark` tells which is earlier.
void write_two_times(const fs::path& folder, const std::function<void(DcmDataset&, bool second)>& mark,
                     bool numbers_tell = false) {
  for (int image = 0; image < 2 * kSlices; ++image) {
    const bool second = image < kSlices;
    SliceFacts f;
    f.number = numbers_tell ? (second ? 100 : 1) + image : image + 1;
    f.position[2] = 3.0 * (image % kSlices);
    f.value = [second](int, int) { return static_cast<unsigned short>(second ? 222 : 111); };
    f.edit = [&](DcmDataset& d) { mark(d, second); };
    write_slice(folder / ("a" + std::to_string(image) + ".dcm"), f);
  }
}

void expect_all(const fs::path& folder, float value) {
  ScanSource source = source_of(folder);
  EXPECT_THAT(error_of(source), HasSubstr("holds 2 volumes"));
  source.read.first_volume = true;
  for (const float v : read_scan(source).volume.voxels) ASSERT_EQ(v, value);
}

TEST(DicomTimes, TemporalPositionComesBeforeTheRest) {
  const TemporaryFolder folder;
  write_two_times(folder.path(), [](DcmDataset& d, bool second) {
    d.putAndInsertString(DCM_TemporalPositionIdentifier, second ? "2" : "1");
    d.putAndInsertString(DCM_AcquisitionTime, second ? "100000" : "110000");
  });
  expect_all(folder.path(), 111.0F);
}

TEST(DicomTimes, ThenTheTimeOfAcquisitionAcrossMidnight) {
  const TemporaryFolder folder;
  write_two_times(folder.path(), [](DcmDataset& d, bool second) {
    d.putAndInsertString(DCM_AcquisitionDate, second ? "20200301" : "20200229");
    d.putAndInsertString(DCM_AcquisitionTime, second ? "000001.5" : "235959");
  });
  expect_all(folder.path(), 111.0F);
}

TEST(DicomTimes, ThenTheInstanceNumber) {
  const TemporaryFolder folder;
  write_two_times(
      folder.path(), [](DcmDataset&, bool) {}, true);
  expect_all(folder.path(), 111.0F);
}

TEST(DicomTimes, OneSliceSentTwiceIsNoSeriesOverTime) {
  const TemporaryFolder folder;
  write_series(folder.path(), SliceFacts{}, kSlices, 3.0, [](int s, SliceFacts& f) {
    if (s == 4) f.position[2] = 9.0;
  });
  ScanSource source = source_of(folder.path());
  source.read.first_volume = true;
  EXPECT_THAT(error_of(source), HasSubstr("two of its slices lie in the same place"));
}

TEST(DicomTimes, FindScansTakesTheFirstVolumeOnRequestAndSaysSo) {
  const TemporaryFolder folder;
  write_series(folder.path(), SliceFacts{}, 60, 3.0,
               [](int s, SliceFacts& f) { f.position[2] = 3.0 * (s % 30); });
  FindOptions options;
  options.read.first_volume = true;
  const ScanList list = find_scans(folder.path(), core::Context{}, options);
  ASSERT_THAT(list.scans, SizeIs(1));
  // All of them: which volume is the first, the reader says.
  EXPECT_THAT(list.scans[0].files, SizeIs(60));
  EXPECT_THAT(list.scans[0].warnings, Contains(HasSubstr("the first of 2 volumes")));
  EXPECT_EQ(read_scan(list.scans[0]).volume.voxels[0], 0.0F);
}

}  // namespace
}  // namespace isoscan::io
