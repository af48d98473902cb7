/// @file What one DICOM file says about its images. Text that may name a person stays in io.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/grid.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::io {

/// From stored values to units: an item of the Real World Value Mapping Sequence (PS3.3, C.7.6.16.2.11).
struct RealWorldMapping {
  double slope = 1.0;
  double intercept = 0.0;
  double first = 0.0;   ///< the stored values that it is for
  double last = 0.0;    ///< included
  bool linear = false;  ///< slope and intercept are there; else a table of values
  int count = 1;        ///< mappings that the frame has; this is the first
  std::string units;    ///< code value: "1", "ms"
  bool operator==(const RealWorldMapping&) const = default;
};

/// One plane. A field that is added is named in header_record.cpp too: it does not compile before.
struct DicomFrame {
  std::size_t image = 0;   ///< which file of a list
  unsigned number = 0;     ///< frame within the file, from 0
  unsigned tile = 0;       ///< within the frame, from 0, row by row: of a mosaic
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
  std::optional<RealWorldMapping> real_world;
  std::optional<double> echo_time_ms;
  std::optional<double> inversion_time_ms;
  std::optional<double> b_value;
  std::optional<int> temporal_position;  ///< which volume of a series over time, from 1
  std::optional<double> acquired_s;      ///< time of acquisition in seconds: for order alone; stays in io
  std::string image_type;                ///< of the frame, with the complex component

  bool operator==(const DicomFrame&) const = default;
};

/// What the numbers of the pixels are.
enum class PixelKind : std::uint8_t { Integer, Float32, Float64 };

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
  int rows = 0, columns = 0;                 ///< of one plane
  int tiles_across = 1, tiles_down = 1;      ///< planes in one frame of the file: a mosaic has many
  std::vector<std::string> layout_warnings;  ///< what was guessed about a mosaic
  PixelKind pixel_kind = PixelKind::Integer;
  int bits_allocated = 0, bits_stored = 0, high_bit = 0;
  bool is_signed = false;
  bool modality_lut = false;  ///< values go through a table instead of slope and intercept
  int samples = 1;
  std::string photometric;
  std::string transfer_syntax;
  std::uint64_t pixel_offset = 0;  ///< where plain little-endian pixels begin in the file; 0: to be decoded
  int file_frames = 1;             ///< frames of the file, not planes
  Acquisition acquisition;
  std::vector<DicomFrame> frames;  ///< planes

  bool operator==(const DicomImage&) const = default;
};

/// @throws Error(Input|Io) where the file is damaged: cut short, without a header, lengths that cannot be.
[[nodiscard]] DicomImage read_dicom_image(const boost::filesystem::path& file);

}  // namespace isoscan::io
