/// @file One head in two places: the rigid motion between two scans of a person.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::evaluate {

/// world of `moving` from world of `fixed`: rotation and translation that make the smoothed intensities in
/// the brain alike (sum of squared differences, Gauss-Newton, from coarse to fine; starts at the brains'
/// centres). Both images have white matter = 1; rotations up to some 20 degrees.
/// @throws Error(Numeric) where the two do not come together (correlation below 0.7).
[[nodiscard]] core::Affine rigid_motion(const core::Volume& fixed, const core::Mask& fixed_brain,
                                        const core::Volume& moving, const core::Mask& moving_brain,
                                        const core::Context& context);

/// `moving` on `grid`, seen through the motion; trilinear, 0 outside.
[[nodiscard]] core::Volume moved_to(const core::Volume& moving, const core::Affine& motion,
                                    const core::Grid& grid, const core::Context& context);
[[nodiscard]] core::Mask moved_to(const core::Mask& moving, const core::Affine& motion,
                                  const core::Grid& grid);

}  // namespace isoscan::evaluate
