/// @file What one DICOM file says about its images. Text that may name a person stays in io.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/grid.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::io {

/// One plane. A field that is added is named in header_record.cpp too.
struct DicomFrame {
  std::size_t image = 0;   ///< which file of a list
  unsigned number = 0;     ///< within the file, from 0
  bool placed = false;     ///< position, orientation and spacing are there
  core::Vec3 position{};   ///< centre of the first pixel, LPS mm
  core::Vec3 along_row{};  ///< unit vector, towards the next column
  core::Vec3 along_column{};
  double column_spacing_mm = 0.0;  ///< between neighbours in a row
  double row_spacing_mm = 0.0;     ///< between rows
  double slope = 1.0;
  double intercept = 0.0;
  std::optional<double>
      philips_scale;  ///< Philips' private scale slope: floating value = displayed / (slope * this)
  std::optional<double> echo_time_ms;
  std::optional<double> inversion_time_ms;
  std::optional<double> b_value;
  std::string image_type;  ///< of the frame, with the complex component

  bool operator==(const DicomFrame&) const = default;
};

/// A field that is added is named in header_record.cpp too: it does not compile before.
struct DicomImage {
  boost::filesystem::path file;
  std::string no_image;  ///< why there is nothing to see here, in words; then there are no frames
  std::string sop_uid, series_uid;
  int series_number = 0;
  int instance_number = 0;
  std::string person;          ///< SHA-256 of the patient's ID
  std::string visit;           ///< study date, time and UID: for order alone
  std::string words;           ///< description and protocol, lower case: for classification alone
  std::string sequence_words;  ///< names of the pulse sequence, lower case
  std::string body_part;       ///< upper case
  std::string contrast;        ///< AcquisitionContrast of Enhanced objects
  bool echo_planar = false;
  bool angiography = false;
  bool phase_contrast = false;
  bool spin_echo = false;
  int rows = 0, columns = 0;
  int bits_allocated = 0, bits_stored = 0, high_bit = 0;
  bool is_signed = false;
  int samples = 1;
  std::string photometric;
  std::string transfer_syntax;
  Acquisition acquisition;
  std::vector<DicomFrame> frames;

  bool operator==(const DicomImage&) const = default;
};

/// @throws Error(Input|Io) where the file is damaged: cut short, without a header, lengths that cannot be.
[[nodiscard]] DicomImage read_dicom_image(const boost::filesystem::path& file);

}  // namespace isoscan::io
