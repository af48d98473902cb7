/// @file Two-pass histogram matching, the baseline that transport has to beat and the frame that it works in:
///   1. match each scan's histogram to the reference, only to see its receive field with the reference's
///   tissue means;
///   2. estimate the whole field once more (not what the first pass left: two priors on two parts let anatomy
///   in twice)
///      and divide it out of the unmatched image;
///   (both: corrected_image in harmonize.hpp)
///   3. bring the corrected image to the reference with one curve for the site, so that people keep their
///   differences.
#pragma once

#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/domain/method.hpp"
#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

/// Whether a method begins with these steps.
[[nodiscard]] inline bool two_passes(domain::Method method) {
  return method == domain::Method::TwoPassHistogramMatch || method == domain::Method::Gaussian ||
         method == domain::Method::Enot || method == domain::Method::Restore;
}

/// The brain's histogram from `from` (its own quantiles, or the site's mean) to the reference's.
[[nodiscard]] core::Volume match_histogram(core::Volume image, const core::Mask& brain,
                                           const std::vector<double>& from,
                                           const domain::LevelSummary& reference);

}  // namespace isoscan::harmonize
