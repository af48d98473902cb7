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

/// One volume of a stack. Where `places_mm` is empty, slice k of the grid is frames[k].
struct PlacedStack {
  /// One a slice, along the normal of the slices, so that the grid is right-handed. Of a series over time
  /// those of its first volume: by temporal position, then time of acquisition, then instance and frame
  /// number.
  std::vector<DicomFrame> frames;
  core::Grid grid;                    ///< LPS, rounded to float32
  std::string problem;                ///< why it is no volume; empty when it is one
  std::size_t repeats = 1;            ///< volumes on the same slices (a series over time)
  std::size_t missing = 0;            ///< slices that the last of them lacks
  std::string uneven;                 ///< what is irregular about the slices, in words: tilt, steps
  std::vector<core::Vec3> places_mm;  ///< with ReadChoices::resample: each frame's first pixel on the grid's
                                      ///< axes, from its first voxel; the frames are to be resampled
};

/// Even spacing, no gap, no tilt: else `problem` says what was found. With `choices.resample` tilted, moved
/// and unevenly spaced slices get a right-angled grid that holds them all; missing slices stay a problem.
[[nodiscard]] PlacedStack place(const std::vector<DicomImage>& images, const DicomStack& stack,
                                const ReadChoices& choices = {});

/// Why this is no image at all for us, in words: not MR, colour, a report; empty where it is one.
[[nodiscard]] std::string reason_not_mr(const DicomImage& image);

}  // namespace isoscan::io
