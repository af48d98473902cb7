/// @file Small DICOM series made with DCMTK: what a scanner would send, with one thing wrong at a time.
#pragma once

#include "dcmtk/config/osconfig.h"

#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <boost/filesystem.hpp>
#include <dcmtk/dcmdata/dctk.h>
#include <gtest/gtest.h>

namespace isoscan::test {

struct SliceFacts {
  std::string patient = "Doe-4711";
  std::string study = "1.2.3";
  std::string series = "1.2.3.4";
  std::string sop;  ///< empty: made from series and number
  int number = 1;
  std::string image_type = "ORIGINAL\\PRIMARY\\M\\ND";
  std::string description = "t1 mprage sag";
  std::array<double, 3> position{0, 0, 0};
  std::array<double, 6> orientation{1, 0, 0, 0, 1, 0};
  std::array<double, 2> spacing{1.0, 1.0};
  double echo_time = 3.0;
  double slope = 1.0, intercept = 0.0;
  unsigned short rows = 6, columns = 5;
  E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  std::function<unsigned short(int row, int column)> value = [](int row, int column) {
    return static_cast<unsigned short>(10 * row + column);
  };
  std::function<void(DcmDataset&)> edit;  ///< the last word before it is written
};

inline std::string ds(const double* values, std::size_t count) {
  std::string text;
  for (std::size_t v = 0; v < count; ++v) {
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "%.9g", values[v]);
    text.append(v == 0 ? "" : "\\").append(number.data());
  }
  return text;
}

inline void write_slice(const boost::filesystem::path& file, const SliceFacts& f) {
  boost::filesystem::create_directories(file.parent_path());
  DcmFileFormat format;
  DcmDataset& d = *format.getDataset();
  const auto put = [&](const DcmTagKey& key, const std::string& text) {
    ASSERT_TRUE(d.putAndInsertString(key, text.c_str()).good());
  };
  put(DCM_SOPClassUID, UID_MRImageStorage);
  put(DCM_SOPInstanceUID, f.sop.empty() ? f.series + "." + std::to_string(f.number) : f.sop);
  put(DCM_StudyInstanceUID, f.study);
  put(DCM_StudyDate, "2020010" + f.study.substr(f.study.size() - 1));
  put(DCM_SeriesInstanceUID, f.series);
  put(DCM_SeriesNumber, "3");
  put(DCM_InstanceNumber, std::to_string(f.number));
  put(DCM_Modality, "MR");
  put(DCM_Manufacturer, "SIEMENS");
  put(DCM_ManufacturerModelName, "Prisma");
  put(DCM_MagneticFieldStrength, "3");
  put(DCM_PatientName, "Doe^Jane");
  put(DCM_PatientID, f.patient);
  put(DCM_InstitutionName, "Somewhere");
  put(DCM_StationName, "MR1");
  put(DCM_ImageType, f.image_type);
  put(DCM_SeriesDescription, f.description);
  put(DCM_ScanningSequence, "GR\\IR");
  put(DCM_RepetitionTime, "2300");
  put(DCM_EchoTime, ds(&f.echo_time, 1));
  put(DCM_InversionTime, "900");
  put(DCM_FlipAngle, "9");
  put(DCM_SliceThickness, "1");
  put(DCM_ImagePositionPatient, ds(f.position.data(), 3));
  put(DCM_ImageOrientationPatient, ds(f.orientation.data(), 6));
  put(DCM_PixelSpacing, ds(f.spacing.data(), 2));
  put(DCM_RescaleSlope, ds(&f.slope, 1));
  put(DCM_RescaleIntercept, ds(&f.intercept, 1));
  put(DCM_PhotometricInterpretation, "MONOCHROME2");
  d.putAndInsertUint16(DCM_SamplesPerPixel, 1);
  d.putAndInsertUint16(DCM_Rows, f.rows);
  d.putAndInsertUint16(DCM_Columns, f.columns);
  d.putAndInsertUint16(DCM_BitsAllocated, 16);
  d.putAndInsertUint16(DCM_BitsStored, 12);
  d.putAndInsertUint16(DCM_HighBit, 11);
  d.putAndInsertUint16(DCM_PixelRepresentation, 0);
  std::vector<Uint16> pixels;
  for (int row = 0; row < f.rows; ++row) {
    for (int column = 0; column < f.columns; ++column) pixels.push_back(f.value(row, column));
  }
  ASSERT_TRUE(d.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size()).good());
  if (f.edit) f.edit(d);
  ASSERT_TRUE(format.saveFile(file.c_str(), f.syntax).good());
}

/// `count` slices along the normal, `step_mm` apart, the first at `f.position`; slice s holds 100 s + its own
/// pattern. Written in a shuffled order of names, so that nothing hangs on them.
inline void write_series(const boost::filesystem::path& folder, SliceFacts f, int count, double step_mm,
                         const std::function<void(int, SliceFacts&)>& change = nullptr) {
  const auto& o = f.orientation;
  const std::array<double, 3> normal{o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5],
                                     o[0] * o[4] - o[1] * o[3]};
  const auto start = f.position;
  for (int s = 0; s < count; ++s) {
    SliceFacts slice = f;
    slice.number = s + 1;
    for (std::size_t a = 0; a < 3; ++a) slice.position[a] = start[a] + normal[a] * step_mm * s;
    slice.value = [s](int row, int column) {
      return static_cast<unsigned short>(100 * s + 10 * row + column);
    };
    if (change) change(s, slice);
    write_slice(folder / ("IM" + std::to_string(s * 7 % 31) + "_" + std::to_string(slice.number) + ".dcm"),
                slice);
  }
}

}  // namespace isoscan::test
