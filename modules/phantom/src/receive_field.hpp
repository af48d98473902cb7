/// @file Where the brain lies, and smooth random fields around it.
#pragma once

#include <array>
#include <cstdint>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::phantom {

/// First and second moments of the brain in the world.
struct BrainFrame {
  core::Vec3 centre_mm{0, 0, 0};
  core::Vec3 half_axis_mm{1, 1, 1};  ///< of the axis-aligned ellipsoid with the same variances
  double radius_mm = 1.0;            ///< of the ball of the same volume
};

/// @throws Error(Input) for an empty brain.
[[nodiscard]] BrainFrame brain_frame(const core::Mask& brain);

/// The field f of scan_with, before it is multiplied by the strength: 98th percentile of |f| in the brain
/// is 1.
[[nodiscard]] core::Volume receive_field(const core::Mask& brain, const BrainFrame& frame,
                                         std::uint64_t scanner_seed, std::uint64_t person_seed,
                                         const core::Context& context);

/// The same of BiasKind::Coils: no polynomial describes it.
[[nodiscard]] core::Volume coil_field(const core::Mask& brain, const BrainFrame& frame,
                                      std::uint64_t scanner_seed, std::uint64_t person_seed,
                                      const core::Context& context);

/// Scales the field so that the 98th percentile of its size in the brain is 1; a field of zeros stays.
void scale_to_percentile(core::Volume& field, const core::Mask& brain);

}  // namespace isoscan::phantom
