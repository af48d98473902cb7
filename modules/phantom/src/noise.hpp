/// @file Smooth noise as a function of place: the same value at the same point, whatever grid asks.
#pragma once

#include <array>
#include <cstdint>

#include "isoscan/core/grid.hpp"

namespace isoscan::phantom {

/// Gradient noise (Perlin, SIGGRAPH 2002), one lattice cell a unit: mean 0, SD near 0.27, within -1.1..1.1,
/// continuous second derivatives.
[[nodiscard]] float gradient_noise(std::uint32_t seed, float x, float y, float z);

[[nodiscard]] inline double gradient_noise(std::uint32_t seed, const core::Vec3& p, double wavelength) {
  const double f = 1.0 / wavelength;
  return gradient_noise(seed, static_cast<float>(p[0] * f), static_cast<float>(p[1] * f),
                        static_cast<float>(p[2] * f));
}

/// The same noise with its derivatives with respect to p.
struct NoiseSlope {
  double value = 0.0;
  core::Vec3 slope{0, 0, 0};
};
[[nodiscard]] NoiseSlope gradient_noise_slope(std::uint32_t seed, const core::Vec3& p, double wavelength);

}  // namespace isoscan::phantom
