/// @file Which numbers the stored values stand for: an explicit choice, in words.
#pragma once

#include <string>
#include <vector>

#include "dicom_image.hpp"
#include "dicom_pixels.hpp"

namespace isoscan::io {

struct ChosenScales {
  std::vector<PlaneScale> planes;  ///< one a frame
  std::vector<std::string> notes;  ///< what was applied, in words
};

/// For frames of one volume, by `choice`:
/// Stored: the stored values. Rescale: stored * slope + intercept (PS3.3, C.11.1 and C.7.6.16.2.9).
/// RealWorld: the first Real World Value Mapping (PS3.3, C.7.6.16.2.11). Philips: floating values, displayed
/// / (rescale slope * scale slope) (Chenevert et al. 2014, doi:10.1593/tlo.13811). Auto: Philips' where every
/// frame has its factor, else Rescale.
/// @throws Error(Input) naming file and cure where the choice cannot be had.
[[nodiscard]] ChosenScales scales_of(const std::vector<DicomImage>& images,
                                     const std::vector<DicomFrame>& frames, Scaling choice);

}  // namespace isoscan::io
