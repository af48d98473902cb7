/// @file Volumes on another grid, through world space.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// Trilinear; outside the source `outside`. No smoothing: see `to_working_grid` for coarser grids.
[[nodiscard]] core::Volume resample_linear(const core::Volume& volume, const core::Grid& grid,
                                           const core::Context& context, float outside = 0.0F);
[[nodiscard]] core::Mask resample_nearest(const core::Mask& mask, const core::Grid& grid);

/// To a grid of the given isotropic spacing over the same box (core::with_spacing), smoothed first along each axis where
/// the new spacing is coarser (Gaussian of FWHM sqrt(new^2 - old^2)), so that nothing aliases. spacing 0, or a native grid that
/// already has that spacing within 1 %: the volume as it is.
[[nodiscard]] core::Volume to_working_grid(const core::Volume& volume, double spacing_mm, const core::Context& context);

}  // namespace isoscan::preprocess
