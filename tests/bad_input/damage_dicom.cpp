#include "dcmtk/config/osconfig.h"

#include <limits>

#include <boost/filesystem.hpp>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpls/djencode.h>
#include <dcmtk/dcmjpls/djrparam.h>

#include "isoscan/core/files.hpp"

#include "../io/dicom_files.hpp"
#include "damage.hpp"

namespace isoscan::bad_input {

namespace fs = boost::filesystem;
using test::SliceFacts;

namespace {

constexpr int kSlices = 18;
constexpr double kStepMm = 4.0;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Change = std::function<void(int, SliceFacts&)>;

void write_series(const fs::path& folder, const Change& change = nullptr) {
  SliceFacts facts;
  facts.series = facts.study + "." + std::to_string(seed_of(folder));
  facts.patient = "P" + std::to_string(seed_of(folder));
  test::write_series(folder / "series", facts, kSlices, kStepMm, change);
}

/// The file of slice `number`, from 1.
fs::path slice_file(const fs::path& folder, int number) {
  for (const auto& entry : fs::directory_iterator(folder / "series")) {
    const std::string stem = entry.path().stem().string();
    if (stem.substr(stem.find('_') + 1) == std::to_string(number)) return entry.path();
  }
  return {};
}

/// A good series, one slice of which `spoil` changes byte by byte; it is called image.dcm then.
Maker one_slice(const std::function<void(std::string&)>& spoil) {
  return [spoil](const fs::path& folder) {
    write_series(folder);
    const fs::path file = slice_file(folder, 9);
    std::string bytes = core::read_file(file);
    spoil(bytes);
    fs::remove(file);
    write(folder / "series/image.dcm", bytes);
  };
}

/// The same, changed by DCMTK.
Maker one_data_set(const std::function<void(DcmDataset&)>& change,
                   E_TransferSyntax syntax = EXS_LittleEndianExplicit) {
  return [change, syntax](const fs::path& folder) {
    write_series(folder);
    const fs::path file = slice_file(folder, 9);
    DcmFileFormat format;
    format.loadFile(file.c_str());
    format.loadAllDataIntoMemory();
    change(*format.getDataset());
    fs::remove(file);
    format.saveFile((folder / "series/image.dcm").c_str(), syntax);
  };
}

Maker series(const Change& change) {
  return [change](const fs::path& folder) { write_series(folder, change); };
}

/// Where the element's value begins; explicit VR, little endian, a length of two bytes.
std::size_t value_at(const std::string& bytes, int group, int element) {
  const char tag[4] = {static_cast<char>(group & 0xff), static_cast<char>(group >> 8),
                       static_cast<char>(element & 0xff), static_cast<char>(element >> 8)};
  return bytes.find(std::string(tag, 4), 132) + 8;
}

/// 20,000 sequences of one item each, in explicit VR, little endian; no end is marked.
std::string deep_sequences(const std::string& good) {
  std::string bytes = good.substr(0, value_at(good, 0x0008, 0x0016) - 8);
  for (int level = 0; level < 20000; ++level)
    bytes += std::string("\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff", 20);
  return bytes;
}

void garble_jpeg_ls(const fs::path& folder) {
  DJLSEncoderRegistration::registerCodecs();
  write_series(folder);
  const fs::path file = slice_file(folder, 9);
  DcmFileFormat format;
  format.loadFile(file.c_str());
  format.loadAllDataIntoMemory();
  const DJLSRepresentationParameter lossless(0, OFTrue);
  format.getDataset()->chooseRepresentation(EXS_JPEGLSLossless, &lossless);
  format.saveFile(file.c_str(), EXS_JPEGLSLossless);
  std::string bytes = core::read_file(file);
  const std::size_t stream = bytes.find("\xff\xd8\xff");
  for (std::size_t at = stream + 4; at < bytes.size() - 12; ++at) bytes[at] = static_cast<char>(at * 89);
  write(file, bytes);
}

}  // namespace

Makers dicom_damage() {
  const auto file = [](const std::string& bytes) -> Maker {
    return [bytes](const fs::path& folder) { write(folder / "bad.dcm", bytes); };
  };
  return {
      {"dicom-empty", file("")},
      {"dicom-text", file("This is no image. " + std::string(500, 'x'))},
      {"dicom-33-bytes",
       file(std::string("\x08\x00\x05\x00OB\x00\x00\xf0\xff\xff\xff", 12) + std::string(21, 'x'))},
      {"dicom-cut-header", one_slice([](std::string& bytes) { bytes.resize(400); })},
      {"dicom-cut-pixels", one_slice([](std::string& bytes) { bytes.resize(bytes.size() - 30); })},
      {"dicom-wrong-length", one_slice([](std::string& bytes) {
         const std::size_t at = value_at(bytes, 0x0008, 0x0070);
         bytes.replace(at - 2, 2, "\xff\xff");
       })},
      {"dicom-flipped-vr", one_slice([](std::string& bytes) {
         const std::size_t at = value_at(bytes, 0x0008, 0x0070);
         bytes.replace(at - 4, 2, "\x03\x9c");
       })},
      {"dicom-pixel-count-lies", one_data_set([](DcmDataset& d) { d.putAndInsertUint16(DCM_Rows, 4000); })},
      {"dicom-pixels-short", one_data_set([](DcmDataset& d) {
         const std::vector<Uint16> half(15, 7);
         d.putAndInsertUint16Array(DCM_PixelData, half.data(), half.size());
       })},
      {"dicom-no-pixels", one_data_set([](DcmDataset& d) { d.findAndDeleteElement(DCM_PixelData); })},
      {"dicom-nan-position", series([](int s, SliceFacts& f) {
         if (s == 8) f.position[0] = kNan;
       })},
      {"dicom-nan-orientation", series([](int, SliceFacts& f) { f.orientation[3] = kNan; })},
      {"dicom-zero-spacing", series([](int, SliceFacts& f) { f.spacing[1] = 0.0; })},
      {"dicom-zero-slices",
       one_data_set([](DcmDataset& d) { d.putAndInsertString(DCM_NumberOfFrames, "0"); })},
      {"dicom-missing-slice",
       [](const fs::path& folder) {
         write_series(folder);
         fs::remove(slice_file(folder, 9));
       }},
      {"dicom-double-slice", series([](int s, SliceFacts& f) {
         if (s == 8) f.position[2] -= kStepMm;
       })},
      {"dicom-copied-slice",
       [](const fs::path& folder) {
         write_series(folder);
         fs::copy_file(slice_file(folder, 9), folder / "series/zz_copy.dcm");
       }},
      {"dicom-mixed-series",
       [](const fs::path& folder) {
         write_series(folder);
         SliceFacts other;
         other.series = other.study + "." + std::to_string(seed_of(folder));
         other.patient = "P" + std::to_string(seed_of(folder));
         other.number = 90;
         other.orientation = {0, 1, 0, 0, 0, -1};
         test::write_slice(folder / "series/other.dcm", other);
       }},
      {"dicom-mixed-sizes", series([](int s, SliceFacts& f) {
         if (s == 8) f.rows = 7;
       })},
      {"dicom-deep-sequences", one_slice([](std::string& bytes) { bytes = deep_sequences(bytes); })},
      {"dicom-deflate-bomb", one_data_set(
                                 [](DcmDataset& d) {
                                   d.putAndInsertString(DCM_PrivateCreator, "ISOSCAN TEST");
                                   const std::vector<Uint8> zeros(60U << 20, 0);
                                   d.putAndInsertUint8Array(DcmTag(0x0009, 0x1001, EVR_OB), zeros.data(),
                                                            zeros.size());
                                 },
                                 EXS_DeflatedLittleEndianExplicit)},
      {"dicom-broken-codec", garble_jpeg_ls},
      {"dicomdir",
       [](const fs::path& folder) {
         write_series(folder);
         DcmFileFormat format;
         DcmItem* record = nullptr;
         format.getDataset()->findOrCreateSequenceItem(DCM_DirectoryRecordSequence, record, 0);
         record->putAndInsertString(DCM_DirectoryRecordType, "PATIENT");
         format.getDataset()->putAndInsertString(DCM_SOPClassUID, UID_MediaStorageDirectoryStorage);
         format.getDataset()->putAndInsertString(DCM_SOPInstanceUID, "1.2.3.9");
         format.saveFile((folder / "DICOMDIR").c_str(), EXS_LittleEndianExplicit);
       }},
  };
}

}  // namespace isoscan::bad_input
