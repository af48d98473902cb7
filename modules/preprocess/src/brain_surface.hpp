/// @file A closed surface that grows from inside the brain to its border: Smith 2002, "Fast robust automated
/// brain extraction" (BET), Human Brain Mapping 17:143.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// A sphere's triangulation: twelve vertices with five neighbours, the others with six.
struct Surface {
  std::vector<core::Vec3> vertex;                      ///< millimetres
  std::vector<std::array<std::int32_t, 3>> triangle;   ///< counter-clockwise seen from outside
  std::vector<std::array<std::int32_t, 6>> neighbour;  ///< -1 where there is no sixth
};

/// An icosahedron divided `divisions` times (4 gives 2562 vertices), of radius 1 about the origin.
[[nodiscard]] Surface icosphere(int divisions);

/// Each triangle in four, by the middles of its edges.
[[nodiscard]] Surface divided(const Surface& surface);

struct SurfaceOptions {
  double background = 0.0;      ///< t2 of the paper: intensity of air
  double head_threshold = 0.1;  ///< t: what is darker is no tissue
  double typical = 0.7;         ///< tm: median intensity in the brain
  double border_upper = 0.5;    ///< bt at the top: border intensity as a share of the local maximum
  double border_lower = 0.5;    ///< bt at the lowest vertex; linear in height between
  double search_mm = 20.0;      ///< d1: depth in which the minimum is looked for; the maximum in half of it
  double smallest_radius_mm = 3.33;
  double largest_radius_mm = 10.0;
  double push = 0.05;
  int iterations = 600;
};

/// Moves the vertices of `surface` (millimetres along the axes of `image`, voxel (0,0,0) at the origin) to
/// the border. `image` has isotropic voxels and its third axis points to the top of the head.
void grow_to_border(Surface& surface, const core::Volume& image, const SurfaceOptions& options,
                    const core::Context& context);

/// The voxels of `grid` whose centre the surface winds around; coordinates as in grow_to_border.
[[nodiscard]] core::Mask inside(const Surface& surface, const core::Grid& grid);

}  // namespace isoscan::preprocess
