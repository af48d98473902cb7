/// @file Whether stated uncertainty is true: the share of voxels whose truth lies within image +- half-width.
#pragma once

#include <array>
#include <optional>

#include "isoscan/core/volume.hpp"

namespace isoscan::quality {

/// Shares of voxels, 0..1. A 90 % interval should hold 0.9, wherever one looks.
struct IntervalCoverage {
  double all = 0.0;                                              ///< of the mask
  std::array<std::optional<double>, core::kTissueCount> tissue;  ///< where its posterior exceeds one half
  std::optional<double> edges;  ///< of the tenth of voxels in which the image's own gradient is largest
  double half_width = 0.0;      ///< mean over the mask: a wide interval holds the truth easily
};

/// @param half_width  0 or above, in units of the image  @param mask  looked at; tissue has no value where
/// fewer than 20 voxels of the mask are of it, nor edges
/// @throws Error(Geometry) where the grids differ; Error(Numeric) where the mask is empty.
[[nodiscard]] IntervalCoverage interval_coverage(const core::Volume& image, const core::Volume& half_width,
                                                 const core::Volume& truth, const core::Mask& mask,
                                                 const core::TissueMaps& tissue);

}  // namespace isoscan::quality
