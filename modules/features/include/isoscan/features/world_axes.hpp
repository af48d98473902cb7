/// @file Which voxel axis runs along which world axis.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "isoscan/core/grid.hpp"

namespace isoscan::features {

/// For the world axes x, y, z: the voxel axis that runs most nearly along each (a permutation).
[[nodiscard]] std::array<std::size_t, 3> voxel_axis_of_world(const core::Grid& grid);
/// The same with the direction: the step, in places of the voxel array, of one voxel towards +x, +y, +z.
[[nodiscard]] std::array<std::int64_t, 3> world_steps(const core::Grid& grid);

}  // namespace isoscan::features
