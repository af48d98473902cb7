/// @file A DICOM series into a volume.
#pragma once

#include <vector>

#include "isoscan/io/scan.hpp"

#include "dicom_stack.hpp"

namespace isoscan::io {

/// What stands behind the slices of a volume: `placed.frames[k]` is slice k, and counts in `images`. Where
/// placed.places_mm is not empty the volume is resampled from them, and slices and frames are not one to one.
struct DicomSlices {
  std::vector<DicomImage> images;
  PlacedStack placed;
};

/// Headers alone. @throws Error(Input|Io|Geometry) as read_dicom.
[[nodiscard]] DicomSlices dicom_slices(const ScanSource& source);

/// @throws Error(Input|Io|Geometry).
[[nodiscard]] LoadedScan read_dicom(const ScanSource& source);

}  // namespace isoscan::io
