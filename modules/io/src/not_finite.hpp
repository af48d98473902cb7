/// @file What is said of voxels that were no numbers.
#pragma once

#include "isoscan/io/scan.hpp"

namespace isoscan::io {

/// A note where `scan.not_finite` holds any; where that is more than one voxel in a thousand of its grid, a
/// warning too.
void note_not_finite(LoadedScan& scan);

}  // namespace isoscan::io
