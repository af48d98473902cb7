/// @file The part of an image that its mask fills, and the mask's own coordinates. Private to features.
#pragma once

#include "isoscan/core/volume.hpp"

namespace isoscan::features {

/// The mask's bounding box with an empty rim, cut out of the grid: smoothing needs no more, since all weight
/// is inside, and the rim keeps the continued edge at zero.
struct Crop {
  core::Volume image;   ///< 0 outside the mask
  core::Volume weight;  ///< 1 inside the mask
  core::Index3 origin{};

  [[nodiscard]] std::size_t from_grid(std::size_t n, const core::Grid& grid) const {
    const auto at = static_cast<std::int64_t>(n);
    const std::int64_t i = at % grid.size[0];
    const std::int64_t j = (at / grid.size[0]) % grid.size[1];
    const std::int64_t k = at / (grid.size[0] * grid.size[1]);
    return image.grid.index(i - origin[0], j - origin[1], k - origin[2]);
  }
};

/// `rim`: empty voxels on each side. @throws Error(Input) for an empty mask.
[[nodiscard]] Crop crop_to_mask(const core::Volume& image, const core::Mask& mask, std::int64_t rim);

/// Centre (LPS mm) and SD in mm along the world's axes of the mask.
struct HeadFrame {
  core::Vec3 centre{};
  core::Vec3 sd{1, 1, 1};
};

[[nodiscard]] HeadFrame head_frame(const Crop& crop);

}  // namespace isoscan::features
