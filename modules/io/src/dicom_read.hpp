/// @file A DICOM series into a volume.
#pragma once

#include "isoscan/io/scan.hpp"

namespace isoscan::io {

/// @throws Error(Input|Io|Geometry).
[[nodiscard]] LoadedScan read_dicom(const ScanSource& source);

}  // namespace isoscan::io
