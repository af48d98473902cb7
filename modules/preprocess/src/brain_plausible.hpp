/// @file Whether a mask can be a brain's.
#pragma once

#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// Volume (500 to 2200 ml), sides, raggedness, share of its surface on the edge of the image.
/// @throws Error(Input) "no brain found: <reason>".
void require_plausible(const core::Mask& brain);

}  // namespace isoscan::preprocess
