/// @file A smooth field over a grid: Legendre polynomials of limited total order. Private to preprocess.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "isoscan/core/grid.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

inline constexpr int kHighestFieldOrder = 4;

/// The box in which the field is a polynomial: centre and half width along each voxel axis, in voxels.
struct FieldFrame {
  core::Vec3 centre{};
  core::Vec3 half_width{};
};

/// Centre of mass of the mask, half widths from its second moments (exact for an ellipsoid): a few stray
/// voxels do not move it. @throws Error(Numeric) for an empty mask.
[[nodiscard]] FieldFrame frame_of(const core::Mask& mask);

/// Sum of c * P_a(x) P_b(y) P_c(z), 1 <= a + b + c <= order: no constant. Beyond the frame the coordinates
/// saturate smoothly, so the field stays bounded however far the grid reaches.
class SmoothField {
 public:
  using Axis = std::array<double, kHighestFieldOrder + 1>;  ///< P_0..P_4 at one position

  SmoothField() = default;
  SmoothField(const core::Grid& grid, const FieldFrame& frame);

  struct Term {
    std::array<std::size_t, 3> degree;
    int order = 0;  ///< total
  };
  [[nodiscard]] static const std::vector<Term>& terms();  ///< by rising order

  /// Polynomial in x of one row of voxels: evaluate with `along`.
  [[nodiscard]] Axis row(std::int64_t j, std::int64_t k) const;
  [[nodiscard]] double along(const Axis& row_polynomial, std::int64_t i) const;
  /// The terms at a position in voxels, in the order of terms().
  void values_at(const core::Vec3& voxel, std::vector<double>& values) const;

  [[nodiscard]] core::Volume on_grid(const core::Grid& grid, int threads) const;

  std::vector<double> coefficients;  ///< one a term

 private:
  [[nodiscard]] static Axis legendre(double t);
  [[nodiscard]] double coordinate(double voxel, std::size_t axis) const;

  FieldFrame frame_;
  std::array<std::vector<Axis>, 3> table_;
};

/// The field on the mask's grid less its mean in the mask: a common gain is no field.
[[nodiscard]] core::Volume centred_on(const SmoothField& field, const core::Mask& mask, int threads);

/// Solves a symmetric positive definite system in place (Cholesky), row-major. @throws Error(Numeric) where
/// it is not.
[[nodiscard]] std::vector<double> solve_positive(std::vector<double> matrix, std::vector<double> right);

}  // namespace isoscan::preprocess
