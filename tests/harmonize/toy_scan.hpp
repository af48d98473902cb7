/// @file A small made head, already prepared: nested tissues with folds, another person for each seed.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::test {

struct Toy {
  core::Volume native;  ///< white matter at 200, in "scanner units"; skin outside the brain, air at 3
  preprocess::Prepared prepared;
};

/// Makes a brain of 560 ml: what is smaller is refused as none.
inline constexpr double kToySpacing = 2.4;

inline core::Grid toy_grid() {
  constexpr double kMm = kToySpacing;
  core::Grid grid;
  grid.size = {52, 56, 50};
  grid.world_from_voxel.matrix = {kMm, 0, 0, 0, kMm, 0, 0, 0, kMm};
  grid.world_from_voxel.offset = {-26 * kMm, -28 * kMm, -25 * kMm};
  return grid;
}

/// @param change  called with (intensity, x, y, z in -1..1) for each brain voxel before noise: the site's
/// effect
template <class Change>
Toy toy_scan(std::uint64_t person, double noise, const Change& change) {
  const core::Grid grid = toy_grid();
  core::Random random(person, "toy");
  const double fold = random.uniform(5.0, 7.0);
  const double phase = random.uniform(0.0, 3.0);
  const double ventricle = random.uniform(0.22, 0.28);
  const double depth = random.uniform(0.66, 0.72);
  Toy toy;
  preprocess::Prepared& p = toy.prepared;
  p.brain = core::Mask(grid);
  p.head = core::Mask(grid);
  std::array<core::Volume, 3> pure{core::Volume(grid), core::Volume(grid), core::Volume(grid)};
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        const double x = (static_cast<double>(i) - 25.5) / 21.0;
        const double y = (static_cast<double>(j) - 27.5) / 23.0;
        const double z = (static_cast<double>(k) - 24.5) / 20.0;
        const double r = std::sqrt(x * x + y * y + z * z);
        const double wave = 0.07 * std::sin(fold * x + phase) * std::sin(fold * y) * std::cos(fold * z);
        p.brain.voxels[n] = r < 1.0 ? 1 : 0;
        p.head.voxels[n] = r < 1.15 ? 1 : 0;
        if (r >= 1.0) continue;
        pure[r + wave < ventricle || r > 0.97 ? 0U : r + wave > depth ? 1U : 2U].voxels[n] = 1.0F;
      }
    }
  }
  constexpr std::array<float, 3> kLevel{0.3F, 0.65F, 1.0F};
  p.image = core::Volume(grid);
  for (std::size_t t = 0; t < 3; ++t) {
    p.tissue.posterior[t] = core::gaussian_in(pure[t], p.brain, 0.7 * kToySpacing, {});
    for (std::size_t v = 0; v < p.image.voxels.size(); ++v) {
      if (p.brain.voxels[v] == 0) p.tissue.posterior[t].voxels[v] = 0.0F;
      p.image.voxels[v] += kLevel[t] * p.tissue.posterior[t].voxels[v];
    }
  }
  n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        float& v = p.image.voxels[n];
        if (p.brain.voxels[n] != 0) {
          v = static_cast<float>(change(static_cast<double>(v), (static_cast<double>(i) - 25.5) / 21.0,
                                        (static_cast<double>(j) - 27.5) / 23.0,
                                        (static_cast<double>(k) - 24.5) / 20.0) +
                                 noise * random.normal());
          v = std::max(v, 0.01F);
        } else {
          v = p.head.voxels[n] != 0 ? 0.4F : 0.015F;
        }
      }
    }
  }
  p.log_bias = core::Volume(grid, 0.0F);
  p.white_matter = 200.0;
  toy.native = p.image;
  for (float& v : toy.native.voxels) v *= 200.0F;
  return toy;
}

inline Toy toy_scan(std::uint64_t person) {
  return toy_scan(person, 0.02, [](double v, double, double, double) { return v; });
}

}  // namespace isoscan::test
