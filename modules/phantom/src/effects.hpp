/// @file What an acquisition and its reconstruction do to an image, one function an effect. Strength 0 leaves
/// the bytes alone. Same bytes for every thread count.
#pragma once

#include <array>
#include <cstdint>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::phantom {

/// Slices of `thick` voxels along k, each followed by `gap` voxels that are not measured (the last slice may
/// be thinner); then linear interpolation between the slices' centres, the ends held.
void apply_thick_slices(core::Volume& image, int thick, double gap);

/// (1 - share) v + share (h * v) along each axis, then the magnitude. h: ideal low-pass, sum 1.
void apply_ringing(core::Volume& image, const std::array<double, 3>& share, double kspace_kept,
                   const core::Context& context);

/// v(x) + strength v(x + shift), circular; the shift is rounded to whole voxels.
void apply_ghost(core::Volume& image, double strength, int axis, double shift);

/// |v + n1 + i n2|: two streams of normal numbers of the given SD, smoothed by a Gaussian of `correlation`
/// voxels and scaled so that each voxel keeps that SD, those at the border too.
void apply_noise(core::Volume& image, double sd, double correlation, std::uint64_t seed,
                 const core::Context& context);

/// The median over (2 radius + 1)^3 voxels, as many of them as lie in the image.
void apply_median(core::Volume& image, int radius, const core::Context& context);

/// v + amount (v - Gaussian of v), not below 0.
void apply_sharpening(core::Volume& image, double amount, double sd_voxels, const core::Context& context);

}  // namespace isoscan::phantom
