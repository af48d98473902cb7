/// @file Which part of a head belongs to the brain: the basin of a watershed.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

#include "brain_head.hpp"

namespace isoscan::preprocess {

/// The image over its local white matter level (white matter = 1 everywhere, air = 0), seen through a first
/// guess of the brain: the mean of the voxels above 0.9 of the level, in a Gaussian window, repeated until it
/// settles.
[[nodiscard]] core::Volume flatten(const Head& head, const core::Mask& brain, const core::Context& context);

/// Hahn and Peitgen 2000, "The skull stripping problem in MRI solved by a single 3D watershed transform"
/// (MICCAI): floods from white matter and from the scalp, bright voxels first; the floods meet in the darkest
/// gap between, skull or CSF.
[[nodiscard]] core::Mask brain_basin(const Head& head, const core::Volume& flat, const core::Mask& brain);

}  // namespace isoscan::preprocess
