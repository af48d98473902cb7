/// @file Numbers of one frame, as stored (before any rescaling).
#pragma once

#include <memory>
#include <vector>

#include "dicom_image.hpp"

namespace isoscan::io {

/// Opens the files of a series one at a time.
class DicomPixels {
 public:
  explicit DicomPixels(const std::vector<DicomImage>& images);
  ~DicomPixels();
  DicomPixels(const DicomPixels&) = delete;
  DicomPixels& operator=(const DicomPixels&) = delete;

  /// rows x columns stored values, column fastest, in real units: slope and intercept of the frame applied.
  /// @throws Error(Input) where the frame cannot be decoded.
  [[nodiscard]] std::vector<double> rescaled(const DicomFrame& frame);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// True for what ITK's GDCM decodes here: JPEG 2000.
[[nodiscard]] bool is_jpeg2000(const std::string& transfer_syntax);

}  // namespace isoscan::io
