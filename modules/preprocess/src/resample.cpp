#include "isoscan/preprocess/resample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/smooth.hpp"

namespace isoscan::preprocess {

namespace {

using core::Vec3;

// Products of affines come back to whole voxels only up to rounding; without this an identity would blur by
// 1e-13.
constexpr double kSnapVoxels = 1e-6;

void require_usable(const core::Grid& grid, const char* what) {
  const std::string problem = grid.problem();
  if (!problem.empty()) throw core::Error(core::ErrorKind::Geometry, std::string(what) + ": " + problem);
}

/// Calls row(start, step, j, k) for the rows of `target`, with the source voxel coordinates of its first
/// voxel and of a step along it.
template <class Row>
void for_rows(const core::Grid& source, const core::Grid& target, int threads, const Row& row) {
  require_usable(source, "the volume to resample");
  require_usable(target, "the grid to resample to");
  const core::Affine source_from_target = source.world_from_voxel.inverse() * target.world_from_voxel;
  const Vec3 step = source_from_target.column(0);
  core::parallel_for(target.size[1] * target.size[2], threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t j = r % target.size[1];
      const std::int64_t k = r / target.size[1];
      row(source_from_target({0.0, static_cast<double>(j), static_cast<double>(k)}), step, j, k);
    }
  });
}

double snapped(double x) {
  const double whole = std::nearbyint(x);
  return std::abs(x - whole) < kSnapVoxels ? whole : x;
}

/// The two neighbours of a coordinate along one axis and the weight of the upper one.
struct Between {
  std::int64_t low = 0;
  std::int64_t step = 0;  // 0 where the upper one has no weight: a NaN there must not leak in
  float weight = 0.0F;
};

/// False outside the cells of the axis.
bool locate(double x, std::int64_t size, Between& out) {
  x = snapped(x);
  if (!(x >= -0.5 && x <= static_cast<double>(size) - 0.5)) return false;
  x = std::clamp(x, 0.0, static_cast<double>(size - 1));
  out.low = static_cast<std::int64_t>(x);
  out.weight = static_cast<float>(x - static_cast<double>(out.low));
  out.step = out.weight > 0.0F ? 1 : 0;
  return true;
}

float between(float a, float b, float weight) {
  return weight > 0.0F ? a + weight * (b - a) : a;
}

float trilinear(const core::Volume& volume, const std::array<Between, 3>& at) {
  const std::size_t stride_j = static_cast<std::size_t>(volume.grid.size[0]);
  const std::size_t stride_k = stride_j * static_cast<std::size_t>(volume.grid.size[1]);
  const float* v = volume.voxels.data() + volume.grid.index(at[0].low, at[1].low, at[2].low);
  const std::size_t di = static_cast<std::size_t>(at[0].step);
  const std::size_t dj = static_cast<std::size_t>(at[1].step) * stride_j;
  const std::size_t dk = static_cast<std::size_t>(at[2].step) * stride_k;
  const float near_plane =
      between(between(v[0], v[di], at[0].weight), between(v[dj], v[dj + di], at[0].weight), at[1].weight);
  if (dk == 0) return near_plane;
  v += dk;
  const float far_plane =
      between(between(v[0], v[di], at[0].weight), between(v[dj], v[dj + di], at[0].weight), at[1].weight);
  return between(near_plane, far_plane, at[2].weight);
}

}  // namespace

core::Volume resample_linear(const core::Volume& volume, const core::Grid& grid, const core::Context& context,
                             float outside) {
  require_usable(grid, "the grid to resample to");
  core::Volume out(grid, outside);
  for_rows(volume.grid, grid, context.threads,
           [&](const Vec3& start, const Vec3& step, std::int64_t j, std::int64_t k) {
             if (j == 0) context.check_stop();
             float* row = out.voxels.data() + grid.index(0, j, k);
             std::array<Between, 3> at;
             for (std::int64_t i = 0; i < grid.size[0]; ++i) {
               bool inside = true;
               for (std::size_t a = 0; a < 3 && inside; ++a) {
                 inside = locate(start[a] + static_cast<double>(i) * step[a], volume.grid.size[a], at[a]);
               }
               if (inside) row[i] = trilinear(volume, at);
             }
           });
  return out;
}

core::Mask resample_nearest(const core::Mask& mask, const core::Grid& grid) {
  require_usable(grid, "the grid to resample to");
  core::Mask out(grid);
  for_rows(mask.grid, grid, 1, [&](const Vec3& start, const Vec3& step, std::int64_t j, std::int64_t k) {
    std::uint8_t* row = out.voxels.data() + grid.index(0, j, k);
    for (std::int64_t i = 0; i < grid.size[0]; ++i) {
      core::Index3 voxel{};
      for (std::size_t a = 0; a < 3; ++a) {
        // Half-way positions must not depend on rounding: they go up, also from just below.
        voxel[a] = static_cast<std::int64_t>(
            std::floor(start[a] + static_cast<double>(i) * step[a] + 0.5 + kSnapVoxels));
      }
      if (mask.grid.contains(voxel)) row[i] = mask.voxels[mask.grid.index(voxel[0], voxel[1], voxel[2])];
    }
  });
  return out;
}

core::Volume to_working_grid(const core::Volume& volume, double spacing_mm, const core::Context& context) {
  if (!std::isfinite(spacing_mm) || spacing_mm < 0.0) {
    throw core::Error(core::ErrorKind::Config,
                      "the working spacing must be 0 or a positive number of millimetres");
  }
  require_usable(volume.grid, "the volume to resample");
  const Vec3 old = volume.grid.spacing_mm();
  constexpr double kSame = 0.01;
  const bool same = std::all_of(old.begin(), old.end(),
                                [&](double mm) { return std::abs(mm - spacing_mm) <= kSame * spacing_mm; });
  if (spacing_mm == 0.0 || same) return volume;

  constexpr double kFwhmOfSd = 2.3548200450309493;
  Vec3 sd_mm{};
  for (std::size_t a = 0; a < 3; ++a) {
    if (spacing_mm > old[a]) sd_mm[a] = std::sqrt(spacing_mm * spacing_mm - old[a] * old[a]) / kFwhmOfSd;
  }
  const core::Grid grid = core::with_spacing(volume.grid, spacing_mm);
  if (sd_mm == Vec3{0.0, 0.0, 0.0}) return resample_linear(volume, grid, context);
  return resample_linear(core::gaussian(volume, sd_mm, context), grid, context);
}

}  // namespace isoscan::preprocess
