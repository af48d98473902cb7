#include "isoscan/core/grid.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"

namespace isoscan::core {

Vec3 Affine::operator()(const Vec3& x) const {
  Vec3 y = offset;
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) y[r] += matrix[3 * r + c] * x[c];
  }
  return y;
}

Vec3 Affine::column(int axis) const {
  const auto c = static_cast<std::size_t>(axis);
  return {matrix[c], matrix[3 + c], matrix[6 + c]};
}

double Affine::determinant() const {
  const auto& m = matrix;
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
         m[2] * (m[3] * m[7] - m[4] * m[6]);
}

Affine Affine::inverse() const {
  const double d = determinant();
  double scale = 1.0;
  for (int axis = 0; axis < 3; ++axis) {
    const Vec3 c = column(axis);
    scale *= std::sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
  }
  if (!std::isfinite(d) || std::abs(d) <= 1e-9 * scale || d == 0.0) {
    throw Error(ErrorKind::Geometry, "the affine is singular or not finite");
  }
  const auto& m = matrix;
  Affine inv;
  inv.matrix = {
      (m[4] * m[8] - m[5] * m[7]) / d, (m[2] * m[7] - m[1] * m[8]) / d, (m[1] * m[5] - m[2] * m[4]) / d,
      (m[5] * m[6] - m[3] * m[8]) / d, (m[0] * m[8] - m[2] * m[6]) / d, (m[2] * m[3] - m[0] * m[5]) / d,
      (m[3] * m[7] - m[4] * m[6]) / d, (m[1] * m[6] - m[0] * m[7]) / d, (m[0] * m[4] - m[1] * m[3]) / d};
  const Vec3 moved = inv(offset);
  inv.offset = {-moved[0], -moved[1], -moved[2]};
  return inv;
}

Affine operator*(const Affine& a, const Affine& b) {
  Affine c;
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t k = 0; k < 3; ++k) {
      c.matrix[3 * r + k] = 0.0;
      for (std::size_t s = 0; s < 3; ++s) c.matrix[3 * r + k] += a.matrix[3 * r + s] * b.matrix[3 * s + k];
    }
  }
  c.offset = a(b.offset);
  return c;
}

Vec3 Grid::spacing_mm() const {
  Vec3 spacing{};
  for (int axis = 0; axis < 3; ++axis) {
    const Vec3 c = world_from_voxel.column(axis);
    spacing[static_cast<std::size_t>(axis)] = std::sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
  }
  return spacing;
}

double Grid::voxel_volume_mm3() const {
  return std::abs(world_from_voxel.determinant());
}

std::size_t Grid::voxel_count() const {
  return static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1]) *
         static_cast<std::size_t>(size[2]);
}

bool Grid::contains(const Index3& v) const {
  return v[0] >= 0 && v[1] >= 0 && v[2] >= 0 && v[0] < size[0] && v[1] < size[1] && v[2] < size[2];
}

const char* Grid::problem() const {
  constexpr std::int64_t kLongestAxis = 1 << 16;
  // 0.25 mm in a whole head is 0.5e9. A file of a few kilobytes can claim any number; 2 GB of floats is what
  // it may cost.
  constexpr double kMostVoxels = 1U << 29;
  double voxels = 1.0;
  for (const std::int64_t n : size) {
    if (n <= 0) return "the grid is empty";
    if (n > kLongestAxis) return "the grid has an axis of more than 65536 voxels";
    voxels *= static_cast<double>(n);
  }
  if (voxels > kMostVoxels)
    return "the grid has more than 536 million voxels, more than any scan of a head: cut it or resample it";
  for (const double v : world_from_voxel.matrix) {
    if (!std::isfinite(v)) return "the affine holds a value that is not finite";
  }
  for (const double v : world_from_voxel.offset) {
    if (!std::isfinite(v)) return "the origin holds a value that is not finite";
  }
  const Vec3 mm = spacing_mm();
  for (const double s : mm) {
    if (!(s > 0.0)) return "an axis has no spacing";
  }
  if (std::abs(world_from_voxel.determinant()) < 1e-4 * mm[0] * mm[1] * mm[2])
    return "the affine is singular";
  return "";
}

Grid with_spacing(const Grid& grid, double spacing_mm) {
  const Vec3 old = grid.spacing_mm();
  Grid out = grid;
  Affine old_from_new;
  for (std::size_t a = 0; a < 3; ++a) {
    const double extent = static_cast<double>(grid.size[a]) * old[a];
    out.size[a] = std::max<std::int64_t>(1, std::llround(extent / spacing_mm));
    const double ratio = spacing_mm / old[a];
    old_from_new.matrix[4 * a] = ratio;
    // The two boxes share their centre.
    old_from_new.offset[a] =
        0.5 * static_cast<double>(grid.size[a] - 1) - 0.5 * ratio * static_cast<double>(out.size[a] - 1);
  }
  out.world_from_voxel = grid.world_from_voxel * old_from_new;
  return out;
}

}  // namespace isoscan::core
