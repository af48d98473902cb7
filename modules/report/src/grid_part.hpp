/// @file The part of one grid that something on another can reach. Private to report.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "isoscan/core/volume.hpp"

namespace isoscan::report {

/// Voxels of `grid`, first and one past the last by axis: none beyond lies within a voxel of `from` of one
/// where there(n) holds. Empty (first past last) where it holds nowhere.
template <class There>
[[nodiscard]] std::pair<core::Index3, core::Index3> part_near(const core::Grid& grid, const core::Grid& from,
                                                              const There& there) {
  core::Index3 low = from.size;
  core::Index3 high{-1, -1, -1};
  std::size_t n = 0;
  core::Index3 at{};
  for (at[2] = 0; at[2] < from.size[2]; ++at[2]) {
    for (at[1] = 0; at[1] < from.size[1]; ++at[1]) {
      for (at[0] = 0; at[0] < from.size[0]; ++at[0], ++n) {
        if (!there(n)) continue;
        for (std::size_t a = 0; a < 3; ++a) {
          low[a] = std::min(low[a], at[a]);
          high[a] = std::max(high[a], at[a]);
        }
      }
    }
  }
  core::Index3 begin = grid.size;
  core::Index3 end{};
  if (high[0] < 0) return {begin, end};
  const core::Affine to_grid = grid.world_from_voxel.inverse() * from.world_from_voxel;
  for (unsigned corner = 0; corner < 8; ++corner) {
    core::Vec3 place{};
    for (std::size_t a = 0; a < 3; ++a)
      place[a] = static_cast<double>((corner >> a & 1U) == 0 ? low[a] - 1 : high[a] + 1);
    place = to_grid(place);
    for (std::size_t a = 0; a < 3; ++a) {
      const auto size = static_cast<double>(grid.size[a]);
      begin[a] = std::min(begin[a], static_cast<std::int64_t>(std::clamp(std::floor(place[a]), 0.0, size)));
      end[a] = std::max(end[a], static_cast<std::int64_t>(std::clamp(std::ceil(place[a]) + 1.0, 0.0, size)));
    }
  }
  return {begin, end};
}

}  // namespace isoscan::report
