/// @file What one frame says about itself, wherever it says it: the classic data set, or functional groups.
#pragma once

#include <optional>
#include <vector>

#include "dicom_file.hpp"
#include "dicom_image.hpp"

namespace isoscan::io {

/// Where an attribute of one frame stands: the functional groups of the frame (PS3.3, C.7.6.16), those shared
/// by all, or the classic data set.
struct Places {
  DicomItem data;
  std::optional<DicomItem> shared;
  std::optional<DicomItem> frame;

  [[nodiscard]] std::optional<DicomItem> group(DicomTag sequence) const;
  [[nodiscard]] std::vector<double> numbers(DicomTag sequence, DicomTag which, std::size_t count) const;
  [[nodiscard]] std::optional<double> number(DicomTag sequence, DicomTag which, DicomTag classic) const;
};

/// @param number  of the frame within its file, from 0
/// @throws Error(Input), without the file's name, where its rescale slope or intercept is no number.
[[nodiscard]] DicomFrame frame_of(const Places& places, unsigned number);

/// Position, orientation and pixel size into `frame`; it is placed where they make sense.
void place_frame(DicomFrame& frame, const std::vector<double>& position,
                 const std::vector<double>& orientation, const std::vector<double>& spacing);

/// Seconds from a fixed day. `date_time`: DICOM's DT ("20200131120000.25"); else `date` (DA) and `time` (TM);
/// a time without a usable date counts from midnight. Nothing where there is no time.
[[nodiscard]] std::optional<double> seconds_of(const std::string& date_time, const std::string& date,
                                               const std::string& time);

}  // namespace isoscan::io
