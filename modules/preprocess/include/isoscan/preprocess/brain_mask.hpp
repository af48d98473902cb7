/// @file The brain without an atlas.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

struct BrainMask {
  core::Mask brain;
  core::Mask head;
  bool skull_stripped = false;
};

/// T1w heads, whole or skull-stripped, any orientation and voxel size. Without a plausible brain: Error(Input).
[[nodiscard]] BrainMask estimate_brain_mask(const core::Volume& volume, const core::Context& context);

}  // namespace isoscan::preprocess
