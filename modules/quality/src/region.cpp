#include "region.hpp"

#include <cmath>
#include <cstdlib>

namespace isoscan::quality {

namespace {

constexpr std::size_t kFewestVoxels = 20;
constexpr std::size_t kFewestEroded = 300;
constexpr std::size_t kFewestAir = 1000;
constexpr double kConstantShare = 0.1;
constexpr double kStrippedHead = 1.15;

/// Voxels whose 18 neighbours (faces and edges) are in the mask too. The image border does not erode.
core::Mask eroded(const core::Mask& mask) {
  const core::Grid& grid = mask.grid;
  core::Mask result = mask;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        if (mask.voxels[grid.index(i, j, k)] == 0) continue;
        bool inside = true;
        for (int c = -1; c <= 1 && inside; ++c) {
          for (int b = -1; b <= 1 && inside; ++b) {
            for (int a = -1; a <= 1 && inside; ++a) {
              if (std::abs(a) + std::abs(b) + std::abs(c) > 2 || !grid.contains({i + a, j + b, k + c}))
                continue;
              inside = mask.voxels[grid.index(i + a, j + b, k + c)] != 0;
            }
          }
        }
        if (!inside) result.voxels[grid.index(i, j, k)] = 0;
      }
    }
  }
  return result;
}

/// True where all face neighbours hold the very same value: real noise does not do that.
bool in_constant_patch(const core::Volume& image, std::int64_t i, std::int64_t j, std::int64_t k) {
  constexpr int kFaces[6][3] = {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}};
  const float value = image.at(i, j, k);
  for (const auto& f : kFaces) {
    if (!image.grid.contains({i + f[0], j + f[1], k + f[2]})) continue;
    if (image.at(i + f[0], j + f[1], k + f[2]) != value) return false;
  }
  return true;
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
  const core::Grid& grid = image.grid;
  std::size_t constant = 0;
  std::size_t count = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        if (background.air.voxels[grid.index(i, j, k)] == 0) continue;
        ++count;
        if (in_constant_patch(image, i, j, k)) ++constant;
      }
    }
  }
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
