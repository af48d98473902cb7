// isoscan_make_tree FOLDER FILES: small MR slices (16 x 16) of many people, each with a T1w of 160 slices, a
// T2w of 40 and a localizer of 3, on five scanners. The same number gives the same files.
#include "dcmtk/config/osconfig.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <boost/filesystem.hpp>
#include <dcmtk/dcmdata/dctk.h>

namespace {

namespace fs = boost::filesystem;

struct Kind {
  const char* name;
  const char* description;
  int slices;
  double step_mm;
  double echo_ms;
};

constexpr std::array<Kind, 3> kKinds{{{"T1", "t1 mprage sag p2 iso", 160, 1.0, 2.98},
                                      {"T2", "t2 tse tra", 40, 4.0, 96.0},
                                      {"LOC", "localizer", 3, 20.0, 5.0}}};
constexpr std::array<std::array<const char*, 3>, 5> kScanners{{{"SIEMENS", "Prisma", "3"},
                                                               {"SIEMENS", "Skyra", "3"},
                                                               {"GE MEDICAL SYSTEMS", "DISCOVERY MR750", "3"},
                                                               {"Philips", "Ingenia", "1.5"},
                                                               {"UIH", "uMR 790", "3"}}};

void put(DcmDataset& data, const DcmTagKey& key, const std::string& text) {
  if (data.putAndInsertString(key, text.c_str()).bad()) std::abort();
}

/// What the slices of one series share.
void fill_series(DcmDataset& data, int person, std::size_t kind) {
  const auto& scanner = kScanners[static_cast<std::size_t>(person) % kScanners.size()];
  const std::string study = "1.2.826.0.1.3680043.10.9999." + std::to_string(person);
  const std::string echo = std::to_string(kKinds[kind].echo_ms);
  put(data, DCM_SOPClassUID, UID_MRImageStorage);
  put(data, DCM_StudyInstanceUID, study);
  put(data, DCM_SeriesInstanceUID, study + "." + std::to_string(kind + 1));
  put(data, DCM_StudyDate, "20200101");
  put(data, DCM_StudyTime, "101010");
  put(data, DCM_Modality, "MR");
  put(data, DCM_Manufacturer, scanner[0]);
  put(data, DCM_ManufacturerModelName, scanner[1]);
  put(data, DCM_MagneticFieldStrength, scanner[2]);
  put(data, DCM_StationName, std::string("MR") + scanner[1][0]);
  put(data, DCM_DeviceSerialNumber, "12345");
  put(data, DCM_SoftwareVersions, "software 1.0");
  put(data, DCM_PatientName, "Made^Up");
  put(data, DCM_PatientID, "person-" + std::to_string(person));
  put(data, DCM_SeriesDescription, kKinds[kind].description);
  put(data, DCM_ProtocolName, kKinds[kind].description);
  put(data, DCM_SeriesNumber, std::to_string(kind + 1));
  put(data, DCM_ImageType, "ORIGINAL\\PRIMARY\\M\\ND");
  put(data, DCM_ScanningSequence, kind == 1 ? "SE" : "GR");
  put(data, DCM_SequenceVariant, "SK\\SP\\MP");
  put(data, DCM_RepetitionTime, kind == 1 ? "5000" : "2300");
  put(data, DCM_EchoTime, echo);
  put(data, DCM_FlipAngle, "9");
  put(data, DCM_SliceThickness, "1");
  put(data, DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  put(data, DCM_PixelSpacing, "12\\12");
  put(data, DCM_PhotometricInterpretation, "MONOCHROME2");
  data.putAndInsertUint16(DCM_SamplesPerPixel, 1);
  data.putAndInsertUint16(DCM_Rows, 16);
  data.putAndInsertUint16(DCM_Columns, 16);
  data.putAndInsertUint16(DCM_BitsAllocated, 16);
  data.putAndInsertUint16(DCM_BitsStored, 12);
  data.putAndInsertUint16(DCM_HighBit, 11);
  data.putAndInsertUint16(DCM_PixelRepresentation, 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: isoscan_make_tree FOLDER FILES\n", stderr);
    return 2;
  }
  const fs::path root(argv[1]);
  const long wanted = std::strtol(argv[2], nullptr, 10);
  long made = 0;
  std::array<Uint16, 256> pixels{};
  for (int person = 1; made < wanted; ++person) {
    for (std::size_t kind = 0; kind < kKinds.size() && made < wanted; ++kind) {
      const fs::path folder = root / ("person" + std::to_string(person)) / kKinds[kind].name;
      fs::create_directories(folder);
      DcmFileFormat format;
      DcmDataset& data = *format.getDataset();
      fill_series(data, person, kind);
      for (int slice = 1; slice <= kKinds[kind].slices && made < wanted; ++slice, ++made) {
        put(data, DCM_SOPInstanceUID,
            "1.2.826.0.1.3680043.10.9999." + std::to_string(person) + "." + std::to_string(kind + 1) + "." +
                std::to_string(slice));
        put(data, DCM_InstanceNumber, std::to_string(slice));
        put(data, DCM_ImagePositionPatient, "-96\\-96\\" + std::to_string(slice * kKinds[kind].step_mm));
        for (std::size_t p = 0; p < pixels.size(); ++p)
          pixels[p] = static_cast<Uint16>((p * 7 + slice) % 4096);
        data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size());
        char name[32];
        std::snprintf(name, sizeof name, "IM%05d", slice);
        if (format.saveFile((folder / name).c_str(), EXS_LittleEndianExplicit).bad()) {
          std::fputs("a file cannot be written\n", stderr);
          return 4;
        }
      }
    }
  }
  std::printf("%ld files\n", made);
  return 0;
}
