/// @file Grids of every axis order, and volumes on them.
#pragma once

#include <algorithm>
#include <array>

#include "isoscan/core/random.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::test {

/// One of the 48 axis orders: 6 permutations times 8 flips, with spacings and an offset that no order maps to
/// itself.
inline core::Grid axis_order(int order) {
  std::array<std::size_t, 3> permutation{0, 1, 2};
  for (int p = 0; p < order / 8; ++p) std::next_permutation(permutation.begin(), permutation.end());
  constexpr std::array spacing{0.75, 1.1, 2.3};
  core::Grid grid;
  grid.size = {5, 4, 3};
  grid.world_from_voxel.matrix.fill(0.0);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double sign = (order % 8 >> axis & 1) != 0 ? -1.0 : 1.0;
    grid.world_from_voxel.matrix[3 * permutation[axis] + axis] =
        sign * static_cast<double>(static_cast<float>(spacing[axis]));
  }
  grid.world_from_voxel.offset = {-12.5, 30.25, 7.125};
  return grid;
}

inline core::Volume noise(const core::Grid& grid) {
  core::Random random(1, "noise");
  core::Volume volume(grid);
  for (float& v : volume.voxels) v = static_cast<float>(random.uniform(-500.0, 1500.0));
  return volume;
}

}  // namespace isoscan::test
