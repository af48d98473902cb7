/// @file Volumes on another grid, through world space.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// Trilinear; intensities keep their units. The source covers the cells of its voxels: up to half a voxel
/// beyond the outermost centres the edge value goes on, farther out it is `outside`. Positions within a
/// millionth of a voxel of a centre give that voxel's very bits, so permuted and flipped axes lose nothing.
/// No smoothing: see `to_working_grid` for coarser grids. @throws Error(Geometry) where a grid is unusable,
/// Error(Cancelled).
[[nodiscard]] core::Volume resample_linear(const core::Volume& volume, const core::Grid& grid,
                                           const core::Context& context, float outside = 0.0F);
/// The nearest voxel (of two equally near ones the one of higher index); 0 outside. @throws Error(Geometry).
[[nodiscard]] core::Mask resample_nearest(const core::Mask& mask, const core::Grid& grid);

/// To a grid of the given isotropic spacing over the same box (core::with_spacing), smoothed first along each
/// axis where the new spacing is coarser (Gaussian of FWHM sqrt(new^2 - old^2)), so that nothing aliases.
/// spacing 0, or a native grid that already has that spacing within 1 %: the volume as it is. @throws
/// Error(Config) where the spacing is negative or not finite, Error(Geometry) where the resulting grid is
/// unusable.
[[nodiscard]] core::Volume to_working_grid(const core::Volume& volume, double spacing_mm,
                                           const core::Context& context);

}  // namespace isoscan::preprocess
