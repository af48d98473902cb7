#include "isoscan/core/smooth.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/parallel.hpp"

namespace isoscan::core {

namespace {

std::vector<float> gaussian_kernel(double sd_voxels) {
  const int reach = std::max(1, static_cast<int>(std::ceil(4.0 * sd_voxels)));
  std::vector<double> weights(static_cast<std::size_t>(2 * reach + 1));
  double sum = 0.0;
  for (int n = -reach; n <= reach; ++n) {
    const double z = n / sd_voxels;
    sum += weights[static_cast<std::size_t>(n + reach)] = std::exp(-0.5 * z * z);
  }
  std::vector<float> kernel;
  for (const double w : weights) kernel.push_back(static_cast<float>(w / sum));
  return kernel;
}

/// Lines that lie side by side in memory are convolved together: the inner loop runs over neighbours, which
/// vectorises for every axis. `lanes` is the number of contiguous values at each position of the line.
void convolve_block(const float* in, float* out, std::int64_t length, std::int64_t lanes, std::int64_t stride,
                    const std::vector<float>& kernel) {
  const auto reach = static_cast<std::int64_t>(kernel.size() / 2);
  for (std::int64_t p = 0; p < length; ++p) {
    float* target = out + p * stride;
    std::fill(target, target + lanes, 0.0F);
    for (std::int64_t t = -reach; t <= reach; ++t) {
      const float weight = kernel[static_cast<std::size_t>(t + reach)];
      const float* source = in + std::clamp<std::int64_t>(p + t, 0, length - 1) * stride;
      for (std::int64_t n = 0; n < lanes; ++n) target[n] += weight * source[n];
    }
  }
}

/// Along x: the line is copied once with its edges continued, then each tap is one vector pass.
void convolve_row(float* row, std::int64_t length, const std::vector<float>& kernel,
                  std::vector<float>& padded) {
  const auto reach = static_cast<std::int64_t>(kernel.size() / 2);
  padded.resize(static_cast<std::size_t>(length + 2 * reach));
  std::fill(padded.begin(), padded.begin() + reach, row[0]);
  std::copy(row, row + length, padded.begin() + reach);
  std::fill(padded.begin() + reach + length, padded.end(), row[length - 1]);
  std::fill(row, row + length, 0.0F);
  for (std::size_t t = 0; t < kernel.size(); ++t) {
    const float weight = kernel[t];
    const float* source = padded.data() + t;
    for (std::int64_t n = 0; n < length; ++n) row[n] += weight * source[n];
  }
}

}  // namespace

void convolve_axis(Volume& volume, int axis, const std::vector<float>& kernel, int threads) {
  const std::int64_t nx = volume.grid.size[0];
  const std::int64_t ny = volume.grid.size[1];
  const std::int64_t nz = volume.grid.size[2];
  if (axis == 0) {
    parallel_for(ny * nz, threads, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> padded;
      for (std::int64_t line = begin; line < end; ++line) {
        convolve_row(volume.voxels.data() + line * nx, nx, kernel, padded);
      }
    });
    return;
  }
  const std::vector<float> source = volume.voxels;
  if (axis == 1) {
    parallel_for(nz, threads, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t k = begin; k < end; ++k) {
        convolve_block(source.data() + k * nx * ny, volume.voxels.data() + k * nx * ny, ny, nx, nx, kernel);
      }
    });
    return;
  }
  parallel_for(ny, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      convolve_block(source.data() + j * nx, volume.voxels.data() + j * nx, nz, nx, nx * ny, kernel);
    }
  });
}

Volume gaussian(const Volume& volume, const Vec3& sd_mm, const Context& context) {
  Volume out = volume;
  const Vec3 spacing = volume.grid.spacing_mm();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    context.check_stop();
    const double sd_voxels = sd_mm[axis] / spacing[axis];
    if (sd_voxels <= 1e-3 || volume.grid.size[axis] == 1) continue;
    convolve_axis(out, static_cast<int>(axis), gaussian_kernel(sd_voxels), context.threads);
  }
  return out;
}

Volume gaussian(const Volume& volume, double sd_mm, const Context& context) {
  return gaussian(volume, Vec3{sd_mm, sd_mm, sd_mm}, context);
}

Volume gaussian_in(const Volume& volume, const Mask& mask, double sd_mm, const Context& context) {
  require_same_grid(volume.grid, mask.grid, "mask");
  Volume weighted(volume.grid);
  Volume weight(volume.grid);
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    weighted.voxels[n] = volume.voxels[n];
    weight.voxels[n] = 1.0F;
  }
  weighted = gaussian(weighted, sd_mm, context);
  weight = gaussian(weight, sd_mm, context);
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    weighted.voxels[n] = weight.voxels[n] > 1e-6F ? weighted.voxels[n] / weight.voxels[n] : 0.0F;
  }
  return weighted;
}

}  // namespace isoscan::core
