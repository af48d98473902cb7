#include "region.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace isoscan::quality {

namespace {

constexpr std::size_t kFewestVoxels = 20;
constexpr std::size_t kFewestEroded = 300;
constexpr std::size_t kFewestAir = 1000;
constexpr double kConstantShare = 0.1;
constexpr double kStrippedHead = 1.15;

/// True for voxels with all 26 neighbours in the image.
bool is_interior(const core::Grid& grid, std::int64_t i, std::int64_t j, std::int64_t k) {
  return i > 0 && j > 0 && k > 0 && i + 1 < grid.size[0] && j + 1 < grid.size[1] && k + 1 < grid.size[2];
}

/// Offsets of neighbours, as steps in space and in the voxel array.
struct Neighbour {
  core::Index3 step;
  std::ptrdiff_t jump;
};

std::vector<Neighbour> neighbours(const core::Grid& grid, int furthest) {
  std::vector<Neighbour> result;
  for (int c = -1; c <= 1; ++c) {
    for (int b = -1; b <= 1; ++b) {
      for (int a = -1; a <= 1; ++a) {
        const int far = std::abs(a) + std::abs(b) + std::abs(c);
        if (far == 0 || far > furthest) continue;
        result.push_back({{a, b, c}, (c * grid.size[1] + b) * grid.size[0] + a});
      }
    }
  }
  return result;
}

/// True where `same` holds for all neighbours that lie in the image; `same` is given their place in the voxel
/// array.
template <class Same>
bool all_around(const core::Grid& grid, const std::vector<Neighbour>& around, std::int64_t i, std::int64_t j,
                std::int64_t k, const Same& same) {
  const std::size_t n = grid.index(i, j, k);
  const bool interior = is_interior(grid, i, j, k);
  for (const Neighbour& o : around) {
    if (!interior && !grid.contains({i + o.step[0], j + o.step[1], k + o.step[2]})) continue;
    if (!same(static_cast<std::size_t>(static_cast<std::ptrdiff_t>(n) + o.jump))) return false;
  }
  return true;
}

template <class Visit>
void for_each_voxel(const core::Mask& mask, const Visit& visit) {
  for (std::int64_t k = 0; k < mask.grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < mask.grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < mask.grid.size[0]; ++i) {
        if (mask.voxels[mask.grid.index(i, j, k)] != 0) visit(i, j, k);
      }
    }
  }
}

/// Voxels whose 18 neighbours (faces and edges) are in the mask too. The image border does not erode.
core::Mask eroded(const core::Mask& mask) {
  const std::vector<Neighbour> around = neighbours(mask.grid, 2);
  core::Mask result(mask.grid);
  for_each_voxel(mask, [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    const bool inside =
        all_around(mask.grid, around, i, j, k, [&](std::size_t m) { return mask.voxels[m] != 0; });
    result.voxels[mask.grid.index(i, j, k)] = inside ? 1 : 0;
  });
  return result;
}

/// Voxels of the mask whose face neighbours all hold the very same value: real noise does not do that.
std::size_t in_constant_patches(const core::Volume& image, const core::Mask& mask) {
  const std::vector<Neighbour> around = neighbours(mask.grid, 1);
  std::size_t count = 0;
  for_each_voxel(mask, [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    const float value = image.at(i, j, k);
    if (all_around(mask.grid, around, i, j, k, [&](std::size_t m) { return image.voxels[m] == value; }))
      ++count;
  });
  return count;
}

}  // namespace

std::optional<Statistics> statistics(const core::Volume& image, const core::Mask& mask) {
  std::vector<float> values = core::values_in(image, mask);
  if (values.size() < kFewestVoxels) return std::nullopt;
  Statistics s;
  s.count = static_cast<double>(values.size());
  for (const float v : values) s.mean += v;
  s.mean /= s.count;
  for (const float v : values) s.sd += (v - s.mean) * (v - s.mean);
  s.sd = std::sqrt(s.sd / s.count);
  s.median = core::quantile(values, 0.5);
  s.p05 = core::quantile(values, 0.05);
  s.p95 = core::quantile(values, 0.95);
  for (float& v : values) v = static_cast<float>(std::abs(v - s.median));
  constexpr double kNormal = 1.4826;
  s.mad = kNormal * core::quantile(values, 0.5);
  return s;
}

Region pure_region(const core::Volume& posterior) {
  constexpr float kPure = 0.85F;
  const core::Mask pure = core::above(posterior, kPure);
  Region region;
  region.mask = eroded(pure);
  if (region.mask.count() < kFewestEroded) region = {pure, false};
  return region;
}

Background air_of(const core::Volume& image, const core::Mask& head, const core::Mask& brain) {
  Background background;
  background.stripped =
      static_cast<double>(head.count()) < kStrippedHead * static_cast<double>(brain.count());
  core::Mask outside(head.grid);
  for (std::size_t n = 0; n < outside.voxels.size(); ++n) {
    outside.voxels[n] = head.voxels[n] == 0 && brain.voxels[n] == 0 ? 1 : 0;
  }
  background.air = eroded(outside);
  const std::size_t count = background.air.count();
  const std::size_t constant = in_constant_patches(image, background.air);
  if (background.stripped) {
    background.reason = "skull-stripped: there is no air around the head";
  } else if (count < kFewestAir) {
    background.reason = "too little air around the head";
  } else if (static_cast<double>(constant) > kConstantShare * static_cast<double>(count)) {
    background.reason =
        "parts of the background are set to one value (defaced, padded or masked): its noise is gone";
  }
  return background;
}

}  // namespace isoscan::quality
