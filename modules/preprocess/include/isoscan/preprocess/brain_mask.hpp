/// @file The brain without an atlas.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// What a brain has, children and the atrophied among them; a mask of another volume is refused.
inline constexpr double kSmallestBrainMl = 500.0;
inline constexpr double kLargestBrainMl = 2200.0;

/// Both masks lie on the grid of the volume.
struct BrainMask {
  core::Mask brain;             ///< tight to the crowns of the gyri; sulci bridged, ventricles filled
  core::Mask head;              ///< brain, skull and skin with all cavities; equals `brain` where stripped
  bool skull_stripped = false;  ///< the volume holds (nearly) nothing but brain
};

/// T1w heads, whole or skull-stripped, any orientation (the world's z axis must point to the top of the head)
/// and voxel size, any intensity unit, receive fields up to exp(+-0.4). Values that are not finite count as
/// 0. Whole heads: Smith 2002 (deformable surface) grown twice, the second time on an image with a flat
/// receive field, inside the basin of Hahn and Peitgen 2000 (watershed). Skull-stripped ones: the support of
/// the image; sulci that were cut out with the skull stay out. Sees one image alone; deterministic, the
/// thread count does not matter. See docs/brain-mask.md.
/// @throws Error(Input) "no brain found: <reason>": slabs thinner than 60 mm, constant images, what is no
/// brain by volume (500..2200 ml), sides, shape or by lying on the edge of the image. Error(Cancelled).
[[nodiscard]] BrainMask estimate_brain_mask(const core::Volume& volume, const core::Context& context);

}  // namespace isoscan::preprocess
