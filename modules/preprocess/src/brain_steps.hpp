/// @file The steps from a head to its brain, on the head's grid; kept apart so that each can be looked at.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

#include "brain_head.hpp"

namespace isoscan::preprocess {

struct BrainSteps {
  core::Mask first;   ///< BET on the image as it is: may leak into the neck
  core::Volume flat;  ///< white matter = 1
  core::Mask basin;   ///< of the watershed
  core::Mask brain;   ///< BET on the flat image in the basin
};

[[nodiscard]] BrainSteps whole_head_steps(const Head& head, const core::Context& context);

}  // namespace isoscan::preprocess
