// The reference's people as another scanner would have seen them.
#include "seen.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/features/world_axes.hpp"
#include "isoscan/harmonize/acquisition.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"

#include "spectrum_fit.hpp"
#include "transfer.hpp"

namespace isoscan::harmonize {

namespace {

using domain::Acquisition;

/// Noise in both channels of a magnitude image. @param sd  in the image's units
void add_noise(core::Volume& image, double sd, const std::vector<double>& colour, std::uint64_t seed,
               int threads) {
  core::Random random(seed, "acquisition.noise");
  core::Volume real(image.grid);
  core::Volume imaginary(image.grid);
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    real.voxels[n] = static_cast<float>(random.normal());
    imaginary.voxels[n] = static_cast<float>(random.normal());
  }
  real = filtered(real, colour, threads);
  imaginary = filtered(imaginary, colour, threads);
  for (std::size_t n = 0; n < image.voxels.size(); ++n)
    image.voxels[n] = std::hypot(image.voxels[n] + static_cast<float>(sd) * real.voxels[n],
                                 static_cast<float>(sd) * imaginary.voxels[n]);
}

void filter_axis(core::Volume& volume, double variance, std::size_t axis, int threads) {
  if (std::abs(variance) < 1e-4) return;
  const int reach = variance > 0.0 ? std::max(2, static_cast<int>(std::ceil(4.0 * std::sqrt(variance)))) : 3;
  const std::vector<double> taps = gaussian_taps(variance, reach);
  core::convolve_axis(volume, static_cast<int>(axis), std::vector<float>(taps.begin(), taps.end()), threads);
}

}  // namespace

core::Volume seen_by(const Acquisition& acquisition, const preprocess::Prepared& truth, double field,
                     std::uint64_t seed, const core::Context& context) {
  return seen_image(acquisition, truth.image, truth, field, seed, context);
}

core::Volume seen_image(const Acquisition& acquisition, core::Volume image, const preprocess::Prepared& truth,
                        double field, std::uint64_t seed, const core::Context& context) {
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (truth.brain.voxels[n] == 0) continue;
    double factor = 1.0;
    for (std::size_t t = 0; t < acquisition.contrast.size(); ++t)
      factor +=
          static_cast<double>(truth.tissue.posterior[t].voxels[n]) * (acquisition.contrast[t].value - 1.0);
    image.voxels[n] *= static_cast<float>(factor);
  }
  const std::array<std::size_t, 3> axis = features::voxel_axis_of_world(image.grid);
  for (std::size_t a = 0; a < 3; ++a) filter_axis(image, acquisition.blur[a].value, axis[a], context.threads);
  image = filtered(image, acquisition.detail, context.threads);
  for (float& v : image.voxels) v = std::max(0.0F, v);
  const double noise = std::sqrt(std::max(0.0, acquisition.noise_variance.value));
  const bool coloured = !acquisition.noise_colour.empty();
  phantom::VirtualScanner rest;
  rest.bias = field;
  rest.noise = coloured ? 0.0 : noise;
  phantom::VirtualScan scan =
      phantom::scan_with(rest, image, truth.brain, truth.tissue, seed, seed ^ 0x9e3779b97f4a7c15U, context);
  core::Volume out = std::move(scan.image);
  image = {};
  scan.log_bias = {};
  if (coloured) add_noise(out, noise * scan.gain, acquisition.noise_colour, seed, context.threads);
  if (!truth.skull_stripped) return out;
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    if (truth.head.voxels[n] == 0) out.voxels[n] = 0.0F;
  }
  return out;
}

core::Volume sharpened_as(const Acquisition& acquisition, core::Volume image, int threads) {
  const std::array<std::size_t, 3> axis = features::voxel_axis_of_world(image.grid);
  for (std::size_t a = 0; a < 3; ++a) {
    const double variance = acquisition.detail.empty() ? acquisition.blur[a].value : acquisition.finer[a];
    filter_axis(image, std::max(kSharpestPointSpread, std::min(0.0, variance)), axis[a], threads);
  }
  for (float& v : image.voxels) v = std::max(0.0F, v);
  return image;
}

}  // namespace isoscan::harmonize
