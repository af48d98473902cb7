/// @file Power spectra of fine structures, filters of given transfer functions, and their use on images.
/// Private to harmonize.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "isoscan/core/volume.hpp"

namespace isoscan::harmonize {

/// Frequencies along each axis, kFrequencies^3 in all, x fastest, in the order of a discrete Fourier
/// transform.
inline constexpr int kFrequencies = 16;
inline constexpr std::size_t kSpectrumSize = 4096;
/// Reach of the filters that are made, in voxels.
inline constexpr int kTapReach = 4;

using Spectrum = std::vector<double>;

/// Radians a voxel along world x, y, z of a place in a spectrum.
[[nodiscard]] std::array<double, 3> frequency_of(std::size_t place);
[[nodiscard]] double length_of(const std::array<double, 3>& frequency);

/// Of a symmetric structure, windowed (Gaussian of 3 lags).
/// @param structure  as features::FineStructure::value
[[nodiscard]] Spectrum spectrum_of(const std::vector<double>& structure);
/// Gaussian mean over neighbouring frequencies; the spectrum is periodic. @param sd  in steps
[[nodiscard]] Spectrum smoothed(Spectrum values, double sd);

/// The symmetric filter, kTapReach voxels long on each side, that comes nearest to a transfer function that
/// is real and even; tapered, so that the transfer function is smoothed a little.
[[nodiscard]] std::vector<double> taps_of(const Spectrum& transfer);
/// The transfer function of symmetric taps (an odd cube; none: 1) at a frequency.
[[nodiscard]] double transfer_at(const std::vector<double>& taps, const std::array<double, 3>& frequency);

/// Convolution with symmetric taps laid out along world x, y, z; a rim of the taps' reach at the grid's
/// border stays as it is.
[[nodiscard]] core::Volume filtered(const core::Volume& image, const std::vector<double>& taps, int threads);

}  // namespace isoscan::harmonize
