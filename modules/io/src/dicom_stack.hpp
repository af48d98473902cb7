/// @file From frames to volumes: what belongs together, in which order, on which grid.
#pragma once

#include <string>
#include <vector>

#include "dicom_image.hpp"

namespace isoscan::io {

/// Frames of one series that can make one volume: same size, orientation, spacing, echo, inversion and kind
/// of image.
struct DicomStack {
  std::vector<DicomFrame> frames;  ///< `image` counts in the list that was split
};

/// `images` are of one series. Frames keep the order of instance numbers.
[[nodiscard]] std::vector<DicomStack> split_into_stacks(const std::vector<DicomImage>& images);

struct PlacedStack {
  std::vector<DicomFrame> frames;  ///< along the normal of the slices, so that the grid is right-handed
  core::Grid grid;                 ///< LPS, rounded to float32
  std::string problem;             ///< why it is no volume; empty when it is one
  std::size_t repeats = 1;         ///< volumes on the same slices (a series over time)
};

/// Even spacing, no gap, no tilt: else `problem` says what was found.
[[nodiscard]] PlacedStack place(const std::vector<DicomImage>& images, const DicomStack& stack);

/// Why this is no image at all for us, in words: not MR, colour, a report; empty where it is one.
[[nodiscard]] std::string reason_not_mr(const DicomImage& image);

}  // namespace isoscan::io
