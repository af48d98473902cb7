#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"

#include "effects.hpp"

namespace isoscan::phantom {

namespace {

core::Vec3 in_mm(const core::Grid& grid, double sd_voxels) {
  core::Vec3 sd = grid.spacing_mm();
  for (double& v : sd) v *= sd_voxels;
  return sd;
}

/// 1 / SD of white noise of SD 1 after core::gaussian, by position along an axis: at the border the edge
/// value stands for several, and counts more.
std::vector<double> inverse_spread(const core::Grid& grid, std::size_t axis, double sd_voxels,
                                   const core::Context& context) {
  core::Grid line;
  line.size = {grid.size[axis], grid.size[axis], 1};
  core::Volume unit(line);  // row j: what an impulse at j becomes
  for (std::int64_t j = 0; j < line.size[0]; ++j) unit.at(j, j, 0) = 1.0F;
  unit = core::gaussian(unit, core::Vec3{sd_voxels, 0, 0}, context);
  std::vector<double> result;
  for (std::int64_t i = 0; i < line.size[0]; ++i) {
    double square = 0.0;
    for (std::int64_t j = 0; j < line.size[0]; ++j) square += std::pow(unit.at(i, j, 0), 2.0);
    result.push_back(1.0 / std::sqrt(square));
  }
  return result;
}

/// Standard normal in each voxel, correlated as a Gaussian of that SD makes white noise.
core::Volume coloured(const core::Grid& grid, double correlation, std::uint64_t seed, const char* part,
                      const core::Context& context) {
  core::Volume noise(grid);
  const auto plane = static_cast<std::size_t>(grid.size[0] * grid.size[1]);
  core::parallel_for(grid.size[2], context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      core::Random random(seed, std::string(part) + " noise of slice " + std::to_string(k));
      float* v = noise.voxels.data() + static_cast<std::size_t>(k) * plane;
      for (std::size_t n = 0; n < plane; ++n) v[n] = static_cast<float>(random.normal());
    }
  });
  noise = core::gaussian(noise, in_mm(grid, correlation), context);
  std::array<std::vector<double>, 3> scale;
  for (std::size_t a = 0; a < 3; ++a) scale[a] = inverse_spread(grid, a, correlation, context);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      const double jk = scale[1][static_cast<std::size_t>(j)] * scale[2][static_cast<std::size_t>(k)];
      for (std::int64_t i = 0; i < grid.size[0]; ++i)
        noise.at(i, j, k) *= static_cast<float>(jk * scale[0][static_cast<std::size_t>(i)]);
    }
  }
  return noise;
}

void apply_coloured_noise(core::Volume& image, double sd, double correlation, std::uint64_t seed,
                          const core::Context& context) {
  const core::Volume real = coloured(image.grid, correlation, seed, "real", context);
  const core::Volume imaginary = coloured(image.grid, correlation, seed, "imaginary", context);
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    const double x = image.voxels[n] + sd * real.voxels[n];
    const double y = sd * imaginary.voxels[n];
    image.voxels[n] = static_cast<float>(std::sqrt(x * x + y * y));
  }
}

/// |x + n1 + i n2|, one stream of numbers a slice: the same noise for every thread count.
void apply_white_noise(core::Volume& image, double sd, std::uint64_t seed, const core::Context& context) {
  const auto plane = static_cast<std::size_t>(image.grid.size[0] * image.grid.size[1]);
  core::parallel_for(image.grid.size[2], context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      core::Random random(seed, "noise of slice " + std::to_string(k));
      float* v = image.voxels.data() + static_cast<std::size_t>(k) * plane;
      for (std::size_t n = 0; n < plane; ++n) {
        const double real = v[n] + sd * random.normal();
        const double imaginary = sd * random.normal();
        v[n] = static_cast<float>(std::sqrt(real * real + imaginary * imaginary));
      }
    }
  });
}

}  // namespace

void apply_noise(core::Volume& image, double sd, double correlation, std::uint64_t seed,
                 const core::Context& context) {
  if (sd <= 0.0) return;
  if (correlation > 0.0) {
    apply_coloured_noise(image, sd, correlation, seed, context);
  } else {
    apply_white_noise(image, sd, seed, context);
  }
}

void apply_median(core::Volume& image, int radius, const core::Context& context) {
  if (radius <= 0) return;
  const core::Volume whole = image;
  const core::Index3& size = image.grid.size;
  core::parallel_for(size[2], context.threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> near;
    for (std::int64_t k = begin; k < end; ++k) {
      for (std::int64_t j = 0; j < size[1]; ++j) {
        for (std::int64_t i = 0; i < size[0]; ++i) {
          near.clear();
          for (auto c = std::max<std::int64_t>(0, k - radius); c <= std::min(size[2] - 1, k + radius); ++c) {
            for (auto b = std::max<std::int64_t>(0, j - radius); b <= std::min(size[1] - 1, j + radius);
                 ++b) {
              const auto a = std::max<std::int64_t>(0, i - radius);
              const auto last = std::min(size[0] - 1, i + radius);
              const float* row = whole.voxels.data() + image.grid.index(0, b, c);
              near.insert(near.end(), row + a, row + last + 1);
            }
          }
          const auto middle = near.begin() + static_cast<std::ptrdiff_t>(near.size() / 2);
          std::nth_element(near.begin(), middle, near.end());
          image.at(i, j, k) = *middle;
        }
      }
    }
  });
}

void apply_sharpening(core::Volume& image, double amount, double sd_voxels, const core::Context& context) {
  if (amount <= 0.0) return;
  const core::Volume smooth = core::gaussian(image, in_mm(image.grid, sd_voxels), context);
  const auto a = static_cast<float>(amount);
  for (std::size_t n = 0; n < image.voxels.size(); ++n)
    image.voxels[n] = std::max(0.0F, image.voxels[n] + a * (image.voxels[n] - smooth.voxels[n]));
}

}  // namespace isoscan::phantom
