/// @file Made grids, masks and images for the tests of this folder, and the same voxels stored in another
/// order.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "isoscan/core/random.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::features {

inline core::Grid cube(std::int64_t edge, double spacing_mm) {
  core::Grid grid;
  grid.size = {edge, edge + 3, edge - 2};
  grid.world_from_voxel.matrix = {spacing_mm, 0, 0, 0, spacing_mm, 0, 0, 0, spacing_mm};
  grid.world_from_voxel.offset = {-40, 1000, 7};
  return grid;
}

inline core::Mask ball(const core::Grid& grid, double share) {
  core::Mask mask(grid);
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        double r = 0.0;
        const core::Index3 at{i, j, k};
        for (std::size_t a = 0; a < 3; ++a) {
          r += std::pow((static_cast<double>(at[a]) / static_cast<double>(grid.size[a] - 1) - 0.5) / share,
                        2.0);
        }
        mask.voxels[n] = r < 0.25 ? 1 : 0;
      }
    }
  }
  return mask;
}

inline core::Volume textured(const core::Grid& grid, std::uint64_t seed) {
  core::Volume image(grid);
  core::Random random(seed);
  for (float& v : image.voxels) v = static_cast<float>(0.8 + 0.2 * random.normal());
  return image;
}

/// A storage order: voxel axis a runs along axis order[a] of the first one, backwards where flip[a].
struct Order {
  std::array<std::size_t, 3> order{0, 1, 2};
  std::array<bool, 3> flip{false, false, false};
};

/// Two that change handedness and two that do not.
inline const std::vector<Order>& other_orders() {
  static const std::vector<Order> all{{{2, 1, 0}, {false, false, false}},
                                      {{0, 1, 2}, {true, false, false}},
                                      {{1, 2, 0}, {false, true, true}},
                                      {{0, 2, 1}, {true, true, true}}};
  return all;
}

/// The same voxels at the same places in the world, in another order.
struct Turned {
  core::Grid grid;
  std::vector<std::size_t> from;  ///< for each place of the new voxel array the old one

  Turned(const core::Grid& old, const Order& order) {
    core::Index3 origin{0, 0, 0};
    for (std::size_t a = 0; a < 3; ++a) {
      grid.size[a] = old.size[order.order[a]];
      const core::Vec3 column = old.world_from_voxel.column(static_cast<int>(order.order[a]));
      for (std::size_t row = 0; row < 3; ++row)
        grid.world_from_voxel.matrix[3 * row + a] = order.flip[a] ? -column[row] : column[row];
      if (order.flip[a]) origin[order.order[a]] = grid.size[a] - 1;
    }
    grid.world_from_voxel.offset = old.world_from_voxel(
        {static_cast<double>(origin[0]), static_cast<double>(origin[1]), static_cast<double>(origin[2])});
    for (std::int64_t k = 0; k < grid.size[2]; ++k) {
      for (std::int64_t j = 0; j < grid.size[1]; ++j) {
        for (std::int64_t i = 0; i < grid.size[0]; ++i) {
          const core::Index3 at{i, j, k};
          core::Index3 source{};
          for (std::size_t a = 0; a < 3; ++a)
            source[order.order[a]] = order.flip[a] ? grid.size[a] - 1 - at[a] : at[a];
          from.push_back(old.index(source[0], source[1], source[2]));
        }
      }
    }
  }

  template <class Image>
  [[nodiscard]] Image operator()(const Image& image) const {
    Image out(grid);
    for (std::size_t n = 0; n < from.size(); ++n) out.voxels[n] = image.voxels[from[n]];
    return out;
  }
};

}  // namespace isoscan::features
