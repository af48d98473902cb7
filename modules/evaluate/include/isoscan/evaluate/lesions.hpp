/// @file Made-up lesions with known place, size and depth: does harmonizing keep them?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::evaluate {

struct LesionOptions {
  std::vector<double> radius_voxels{1.2, 1.9, 2.6};  ///< of balls with a rim of one voxel
  std::vector<double> depth{0.3, 0.15, -0.15};  ///< image * (1 - depth): dark lesions above 0, bright below
  int each = 3;                                 ///< lesions of each size and depth, as far as there is room

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// Lesions of one size and depth.
struct LesionGroup {
  double radius_voxels = 0.0;
  double depth = 0.0;
  int count = 0;
  core::Mask lesions;  ///< voxels of which more than half is lesion
};

struct PlantedLesions {
  std::vector<LesionGroup> groups;  ///< by depth, then by radius; those that found room
  core::Mask within;                ///< pure white matter before planting: rings are taken here
};

/// Plants balls in deep white matter of `image` (posterior over 0.9 all around, so that every lesion has a
/// ring), clear of each other. The tissue maps stay as they are: to a virtual scanner a lesion is white
/// matter of another brightness.
/// @param image  white matter = 1; changed in place  @param white  posterior of white matter, same grid
/// @throws Error(Config) for options with a problem; Error(Geometry) where the grids differ; Error(Input)
/// where not one lesion finds room.
[[nodiscard]] PlantedLesions plant_lesions(core::Volume& image, const core::Volume& white,
                                           const LesionOptions& options, std::uint64_t seed);

/// By name, each a ratio, 1 is kept, 0 is lost:
///   "lesion_contrast_ratio"  contrast to the ring in `image` over that in `truth`, mean over the groups
///   "lesion_volume_ratio"    volume at half contrast, the same way
///   "lesion_contrast_r1.2", ...  the first, groups of that radius only
///   "lesion_contrast_d0.30", ...  the first, groups of that depth only
///   "lesion_contrast_dark", "lesion_contrast_bright"  the first, by the sign of the depth
/// A group whose contrast cannot be measured has no say; no value where none can. Rings are 1.5 to 4 voxels
/// from the lesion, as a rim of one voxel is partial volume (quality::lesion_contrast).
/// @param truth  with the lesions planted  @throws Error(Geometry) where the grids differ.
[[nodiscard]] std::map<std::string, std::optional<double>> lesion_measures(const core::Volume& image,
                                                                           const core::Volume& truth,
                                                                           const PlantedLesions& planted);

}  // namespace isoscan::evaluate
