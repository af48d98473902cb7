/// @file Two-pass histogram matching: match, look for the bias field that is left with the reference's tissue
/// means in view, match again. The baseline that transport has to beat, and the frame that it works in.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/domain/scan_summary.hpp"

namespace isoscan::harmonize {

/// The brain of `image` (white matter = 1, corrected once) at the reference's intensities; outside of it as
/// it was.
/// @param reference  pooled level: quantiles and tissue means are read
[[nodiscard]] core::Volume two_pass_match(const core::Volume& image, const core::Mask& brain,
                                          const domain::LevelSummary& reference,
                                          const core::Context& context);

}  // namespace isoscan::harmonize
