/// @file How fine detail and noise hang together in space: what tells point spread and noise of a scanner.
#pragma once

#include <cstddef>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::features {

/// Autocovariance of the image less its local mean (masked Gaussian of `kFineStructureSd` voxels), over pairs
/// of voxels that both lie two voxels or more inside the mask. Lags along world x, y, z in voxels, -reach..
/// reach each; `value` is laid out x fastest and symmetric, value(-l) = value(l). Lags beyond the ball of
/// radius reach (plus a little) are 0.
struct FineStructure {
  int reach = 0;
  std::vector<double> value;  ///< (2 reach + 1)^3

  [[nodiscard]] std::size_t index(int x, int y, int z) const {
    const int edge = 2 * reach + 1;
    return static_cast<std::size_t>(((z + reach) * edge + (y + reach)) * edge + (x + reach));
  }
  [[nodiscard]] double at(int x, int y, int z) const { return value[index(x, y, z)]; }
  bool operator==(const FineStructure&) const = default;
};

inline constexpr int kFineStructureReach = 6;
inline constexpr double kFineStructureSd = 2.0;

/// @param image  isotropic voxels, white matter = 1
/// @throws Error(Geometry) where the grids differ, Error(Numeric) where nothing lies inside the mask.
[[nodiscard]] FineStructure fine_structure(const core::Volume& image, const core::Mask& mask,
                                           const core::Context& context);
/// The same for parts of the mask: a pair of voxels weighs weight(x) weight(x + l), and each part has its own
/// mean.
/// @param weights  0..1, on the image's grid
[[nodiscard]] std::vector<FineStructure> fine_structure_of(const core::Volume& image, const core::Mask& mask,
                                                           const std::vector<core::Volume>& weights,
                                                           const core::Context& context);
/// What white noise of variance 1 adds to a fine structure.
[[nodiscard]] FineStructure white_noise_structure();

}  // namespace isoscan::features
