/// @file A brain of nested shells with known tissue: what the laws of bias, tissue and preparation are tested
/// on.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/random.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::test {

struct ShellBrain {
  core::Volume image;
  core::Mask brain;
  core::Mask white, grey, csf;  ///< pure voxels of each
};

struct ShellOptions {
  std::array<double, 3> level{0.3, 0.7, 1.0};  ///< CSF, grey, white
  double noise = 0.03;
  double ventricle_mm = 14.0;
  double sulci_mm = 3.0;  ///< CSF around the brain
  double unit = 100.0;
  double spacing_mm = 2.0;
  bool scalp = false;
};

/// A folded ellipsoid: white core, grey ribbon of about 8 mm with waves, CSF inside and around.
inline ShellBrain make_shell_brain(const ShellOptions& options, std::uint64_t seed = 1) {
  ShellBrain b;
  core::Grid grid;
  const auto edge = static_cast<std::int64_t>(210.0 / options.spacing_mm);
  grid.size = {edge, edge, edge};
  for (std::size_t a = 0; a < 3; ++a) {
    grid.world_from_voxel.matrix[4 * a] = options.spacing_mm;
    grid.world_from_voxel.offset[a] = -0.5 * options.spacing_mm * static_cast<double>(edge - 1);
  }
  b.image = core::Volume(grid);
  b.brain = b.white = b.grey = b.csf = core::Mask(grid);
  core::Random random(seed, "shell brain");
  for (std::int64_t k = 0; k < edge; ++k) {
    for (std::int64_t j = 0; j < edge; ++j) {
      for (std::int64_t i = 0; i < edge; ++i) {
        const core::Vec3 at =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const double x = at[0];
        const double y = at[1] / 1.2;
        const double z = at[2] / 0.95;
        const double r = std::sqrt(x * x + y * y + z * z);
        const double fold = 6.0 * std::sin(x / 5.0) * std::sin(at[1] / 6.0) * std::sin(at[2] / 5.0);
        const std::size_t n = grid.index(i, j, k);
        int tissue = -1;
        if (r < options.ventricle_mm) {
          tissue = 0;
        } else if (r < 54.0 + fold) {
          tissue = 2;
        } else if (r < 66.0 + 0.5 * fold) {
          tissue = 1;
        } else if (r < 66.0 + 0.5 * fold + options.sulci_mm) {
          tissue = 0;
        }
        double value = 0.0;
        if (tissue >= 0) {
          b.brain.voxels[n] = 1;
          (tissue == 0 ? b.csf : tissue == 1 ? b.grey : b.white).voxels[n] = 1;
          value = options.level[static_cast<std::size_t>(tissue)];
        } else if (options.scalp && r > 78.0 && r < 86.0) {
          value = 1.1;
        }
        const double real = value + options.noise * random.normal();
        const double imaginary = options.noise * random.normal();
        b.image.voxels[n] = static_cast<float>(options.unit * std::sqrt(real * real + imaginary * imaginary));
        if (tissue < 0 && !options.scalp) b.image.voxels[n] = 0.0F;
      }
    }
  }
  return b;
}

/// A smooth field with the given largest log value, no polynomial: sines across the brain.
inline core::Volume make_log_field(const core::Grid& grid, double strength) {
  core::Volume field(grid);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const core::Vec3 at =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        field.at(i, j, k) =
            static_cast<float>(strength * (0.6 * std::sin(at[0] / 60.0) + 0.4 * std::sin(at[1] / 70.0 + 0.5) -
                                           0.4 * std::cos(at[2] / 50.0)));
      }
    }
  }
  return field;
}

inline core::Volume times_exp(const core::Volume& image, const core::Volume& log_field) {
  core::Volume out = image;
  for (std::size_t n = 0; n < out.voxels.size(); ++n) out.voxels[n] *= std::exp(log_field.voxels[n]);
  return out;
}

/// Mean and SD in a mask.
inline std::array<double, 2> moments(const core::Volume& volume, const core::Mask& mask) {
  double sum = 0.0;
  double square = 0.0;
  double count = 0.0;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    sum += volume.voxels[n];
    square += static_cast<double>(volume.voxels[n]) * volume.voxels[n];
    count += 1.0;
  }
  const double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, square / count - mean * mean))};
}

inline core::Volume difference(const core::Volume& a, const core::Volume& b) {
  core::Volume out = a;
  for (std::size_t n = 0; n < out.voxels.size(); ++n) out.voxels[n] -= b.voxels[n];
  return out;
}

}  // namespace isoscan::test
