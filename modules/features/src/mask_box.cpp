#include "mask_box.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/error.hpp"

namespace isoscan::features {

using core::Error;
using core::ErrorKind;
using core::Index3;
using core::Volume;

Crop crop_to_mask(const Volume& image, const core::Mask& mask, std::int64_t rim) {
  const core::Grid& grid = image.grid;
  Index3 low = grid.size;
  Index3 high{-1, -1, -1};
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        if (mask.voxels[n] == 0) continue;
        const Index3 at{i, j, k};
        for (std::size_t a = 0; a < 3; ++a) {
          low[a] = std::min(low[a], at[a]);
          high[a] = std::max(high[a], at[a]);
        }
      }
    }
  }
  if (high[0] < 0) throw Error(ErrorKind::Input, "the brain mask is empty: no voxel to encode");
  Crop crop;
  core::Grid box;
  for (std::size_t a = 0; a < 3; ++a) {
    crop.origin[a] = low[a] - rim;
    box.size[a] = high[a] - low[a] + 1 + 2 * rim;
  }
  box.world_from_voxel = grid.world_from_voxel;
  box.world_from_voxel.offset =
      grid.world_from_voxel({static_cast<double>(crop.origin[0]), static_cast<double>(crop.origin[1]),
                             static_cast<double>(crop.origin[2])});
  crop.image = Volume(box);
  crop.weight = Volume(box);
  for (std::int64_t k = low[2]; k <= high[2]; ++k) {
    for (std::int64_t j = low[1]; j <= high[1]; ++j) {
      for (std::int64_t i = low[0]; i <= high[0]; ++i) {
        const std::size_t from = grid.index(i, j, k);
        if (mask.voxels[from] == 0) continue;
        const std::size_t to = box.index(i - crop.origin[0], j - crop.origin[1], k - crop.origin[2]);
        crop.image.voxels[to] = image.voxels[from];
        crop.weight.voxels[to] = 1.0F;
      }
    }
  }
  return crop;
}

HeadFrame head_frame(const Crop& crop) {
  std::array<double, 3> sum{};
  std::array<double, 3> squares{};
  double count = 0.0;
  const core::Grid& grid = crop.image.grid;
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        if (crop.weight.voxels[n] == 0.0F) continue;
        const core::Vec3 x =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        for (std::size_t a = 0; a < 3; ++a) {
          // Relative to the box's corner, so that the squares keep their digits far from the world's origin.
          const double d = x[a] - grid.world_from_voxel.offset[a];
          sum[a] += d;
          squares[a] += d * d;
        }
        count += 1.0;
      }
    }
  }
  HeadFrame frame;
  for (std::size_t a = 0; a < 3; ++a) {
    const double mean = sum[a] / count;
    frame.centre[a] = grid.world_from_voxel.offset[a] + mean;
    frame.sd[a] = std::max(1e-3, std::sqrt(std::max(0.0, squares[a] / count - mean * mean)));
  }
  return frame;
}

}  // namespace isoscan::features
