/// @file Binary morphology in millimetres.
/// Masks hold 0 or 1. Axes count as perpendicular: on a sheared grid (gantry tilt) distances are those of its
/// spacing.
#pragma once

#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// By a ball: keeps the voxels that have no background voxel within radius_mm (>= 0). Outside the image there
/// is nothing, so the image border does not erode. @throws Error(Config) where the radius is negative or not
/// finite.
[[nodiscard]] core::Mask erode(const core::Mask& mask, double radius_mm);
/// By a ball: adds the voxels within radius_mm (>= 0) of the mask. @throws Error(Config) as erode.
[[nodiscard]] core::Mask dilate(const core::Mask& mask, double radius_mm);
/// Holes that no path connects with the border (6-neighbours).
[[nodiscard]] core::Mask fill_holes(const core::Mask& mask);
/// 6-neighbours; of equally large ones the first in voxel order; empty stays empty.
[[nodiscard]] core::Mask largest_component(const core::Mask& mask);
/// Distance in mm to the centre of the nearest voxel of the mask, 0 inside, infinity where the mask is empty.
/// Exact (Felzenszwalb and Huttenlocher 2012, "Distance transforms of sampled functions").
[[nodiscard]] core::Volume distance_to(const core::Mask& mask);
/// 2 |a b| / (|a| + |b|); two empty masks: 1. @throws Error(Geometry) where the grids differ.
[[nodiscard]] double dice(const core::Mask& a, const core::Mask& b);

}  // namespace isoscan::preprocess
