/// @file Binary morphology in millimetres.
#pragma once

#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

[[nodiscard]] core::Mask erode(const core::Mask& mask, double radius_mm);   ///< by a ball; the image border does not erode
[[nodiscard]] core::Mask dilate(const core::Mask& mask, double radius_mm);
/// Holes that no path connects with the border (6-neighbours).
[[nodiscard]] core::Mask fill_holes(const core::Mask& mask);
[[nodiscard]] core::Mask largest_component(const core::Mask& mask);         ///< 6-neighbours; empty stays empty
/// Distance in mm to the nearest voxel of the mask, 0 inside.
[[nodiscard]] core::Volume distance_to(const core::Mask& mask);
/// 2 |a b| / (|a| + |b|); two empty masks: 1.
[[nodiscard]] double dice(const core::Mask& a, const core::Mask& b);

}  // namespace isoscan::preprocess
