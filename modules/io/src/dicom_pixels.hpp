/// @file Numbers of one plane: decoded, scaled, as float.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "dicom_image.hpp"

namespace isoscan::io {

/// value = (stored * slope + intercept) / divisor.
struct PlaneScale {
  double slope = 1.0;
  double intercept = 0.0;
  double divisor = 1.0;
  /// Stored values beyond these have no value: an error.
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
  bool operator==(const PlaneScale&) const = default;
};

/// Opens the files of a series one at a time and holds one frame of one file.
class DicomPixels {
 public:
  explicit DicomPixels(const std::vector<DicomImage>& images);
  ~DicomPixels();
  DicomPixels(const DicomPixels&) = delete;
  DicomPixels& operator=(const DicomPixels&) = delete;

  /// Fills rows x columns values, column fastest. Fastest when planes of one file are asked for in order.
  /// @throws Error(Input) where the frame cannot be decoded or holds a value that `scale` has none for.
  void read(const DicomFrame& plane, const PlaneScale& scale, float* values);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "int16", "uint8", "float32", ... of the pixels.
[[nodiscard]] const char* stored_name(const DicomImage& image);

/// Whether the pixels went through a method that loses detail (JPEG, near-lossless JPEG-LS, JPEG 2000 of
/// either kind), as far as the transfer syntax tells.
[[nodiscard]] bool may_be_lossy(const std::string& transfer_syntax);

}  // namespace isoscan::io
