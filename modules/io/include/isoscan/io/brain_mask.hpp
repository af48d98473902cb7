/// @file A brain mask that somebody gives with a scan.
#pragma once

#include <boost/filesystem/path.hpp>

#include "isoscan/core/volume.hpp"

namespace isoscan::io {

/// The mask on the scan's grid. It must hold 0 and one other value, and its voxels must be the scan's: axes
/// may be stored in another order or direction, centres may be off by a tenth of a voxel.
/// @throws Error(Input|Geometry|Io) in one line that names the file and the cure: other values (soft masks,
/// label images), empty, another grid.
[[nodiscard]] core::Mask read_brain_mask(const boost::filesystem::path& file, const core::Grid& scan);

}  // namespace isoscan::io
