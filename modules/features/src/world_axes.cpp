#include "isoscan/features/world_axes.hpp"

#include <algorithm>
#include <cmath>

namespace isoscan::features {

std::array<std::size_t, 3> voxel_axis_of_world(const core::Grid& grid) {
  std::array<std::size_t, 3> best{0, 1, 2};
  double best_sum = -1.0;
  std::array<std::size_t, 3> order{0, 1, 2};
  const core::Vec3 spacing = grid.spacing_mm();
  do {
    double sum = 0.0;
    for (std::size_t world = 0; world < 3; ++world) {
      const core::Vec3 column = grid.world_from_voxel.column(static_cast<int>(order[world]));
      sum += std::abs(column[world]) / spacing[order[world]];
    }
    if (sum > best_sum + 1e-9) {
      best_sum = sum;
      best = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

std::array<std::int64_t, 3> world_steps(const core::Grid& grid) {
  const std::array<std::int64_t, 3> step{1, grid.size[0], grid.size[0] * grid.size[1]};
  const std::array<std::size_t, 3> axis = voxel_axis_of_world(grid);
  std::array<std::int64_t, 3> out{};
  for (std::size_t world = 0; world < 3; ++world) {
    const bool forward = grid.world_from_voxel.column(static_cast<int>(axis[world]))[world] > 0.0;
    out[world] = forward ? step[axis[world]] : -step[axis[world]];
  }
  return out;
}

}  // namespace isoscan::features
