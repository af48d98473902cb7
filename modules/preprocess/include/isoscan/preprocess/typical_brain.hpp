/// @file How a typical brain of the reference looks, for the eye: no method reads it.
#pragma once

#include "isoscan/core/volume.hpp"
#include "isoscan/preprocess/atlas.hpp"

namespace isoscan::preprocess {

/// The atlas brought to a brain's place and size (head coordinates, no registration): each voxel is as bright
/// as the reference's people are there on average, white matter = 1; 0 outside the brain. Smooth, as it is an
/// average: folds of single people are not in it.
/// @throws Error(Input) for an empty atlas; Error(Numeric) for an empty brain.
[[nodiscard]] core::Volume typical_brain(const Atlas& atlas, const core::Mask& brain);

}  // namespace isoscan::preprocess
