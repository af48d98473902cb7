/// @file Where voxels are: sizes and the affine from voxel indices to the world.
/// The world is LPS (x to the patient's left, y to the back, z to the head) in millimetres, everywhere in
/// Isoscan; only the io module knows RAS. Voxel (i,j,k) is a point, the centre of its cell.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace isoscan::core {

using Vec3 = std::array<double, 3>;
using Index3 = std::array<std::int64_t, 3>;

/// y = matrix * x + offset. Named target_from_source: `world_from_voxel`.
struct Affine {
  std::array<double, 9> matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< row-major
  Vec3 offset{0, 0, 0};

  [[nodiscard]] Vec3 operator()(const Vec3& x) const;
  [[nodiscard]] Vec3 column(int axis) const;
  [[nodiscard]] double determinant() const;
  /// @throws Error(Geometry) where the matrix is singular or not finite.
  [[nodiscard]] Affine inverse() const;
  bool operator==(const Affine&) const = default;
};

/// (a * b)(x) = a(b(x)).
[[nodiscard]] Affine operator*(const Affine& a, const Affine& b);

struct Grid {
  Index3 size{0, 0, 0};
  Affine world_from_voxel;

  /// Distance between neighbours along each voxel axis.
  [[nodiscard]] Vec3 spacing_mm() const;
  [[nodiscard]] double voxel_volume_mm3() const;
  [[nodiscard]] std::size_t voxel_count() const;
  /// Position in the voxel array: i fastest.
  [[nodiscard]] std::size_t index(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return static_cast<std::size_t>((k * size[1] + j) * size[0] + i);
  }
  [[nodiscard]] bool contains(const Index3& voxel) const;
  /// The first thing wrong in words (empty, too large, not finite, singular); empty when usable.
  [[nodiscard]] const char* problem() const;
  bool operator==(const Grid&) const = default;
};

/// A grid over the same box and axes with (nearly) the given isotropic spacing: the outer faces stay within
/// half a voxel.
[[nodiscard]] Grid with_spacing(const Grid& grid, double spacing_mm);

}  // namespace isoscan::core
