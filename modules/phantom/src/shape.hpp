/// @file Signed distances of simple bodies (negative inside, mm) and how to join them. The ellipsoid is the
/// usual first-order approximation, exact at its surface; joins are the polynomial smooth minimum (both:
/// Quilez, "Distance functions").
#pragma once

#include <algorithm>
#include <cmath>

#include "isoscan/core/grid.hpp"

namespace isoscan::phantom {

using core::Vec3;

inline double length(double x, double y, double z) {
  return std::sqrt(x * x + y * y + z * z);
}

inline double ellipsoid(const Vec3& p, const Vec3& centre, const Vec3& radius) {
  const double x = (p[0] - centre[0]) / radius[0];
  const double y = (p[1] - centre[1]) / radius[1];
  const double z = (p[2] - centre[2]) / radius[2];
  const double k0 = length(x, y, z);
  const double k1 = length(x / radius[0], y / radius[1], z / radius[2]);
  if (k1 < 1e-9) return -std::min({radius[0], radius[1], radius[2]});
  return k0 * (k0 - 1.0) / k1;
}

/// A rod from a to b whose radius goes from ra to rb.
inline double rod(const Vec3& p, const Vec3& a, const Vec3& b, double ra, double rb) {
  const Vec3 ab{b[0] - a[0], b[1] - a[1], b[2] - a[2]};
  const Vec3 ap{p[0] - a[0], p[1] - a[1], p[2] - a[2]};
  const double square = ab[0] * ab[0] + ab[1] * ab[1] + ab[2] * ab[2];
  const double t = std::clamp((ap[0] * ab[0] + ap[1] * ab[1] + ap[2] * ab[2]) / square, 0.0, 1.0);
  return length(ap[0] - t * ab[0], ap[1] - t * ab[1], ap[2] - t * ab[2]) - (ra + t * (rb - ra));
}

/// Union with a fillet of about k mm.
inline double join(double a, double b, double k) {
  const double h = std::clamp(0.5 + 0.5 * (b - a) / k, 0.0, 1.0);
  return b + h * (a - b) - k * h * (1.0 - h);
}

/// Intersection with a rounded edge.
inline double meet(double a, double b, double k) {
  return -join(-a, -b, k);
}

/// The share of a voxel of the given width that lies inside.
inline double cover(double distance, double width) {
  return std::clamp(0.5 - distance / width, 0.0, 1.0);
}

/// 0 below `from`, 1 above `to`, smooth between.
inline double ramp(double from, double to, double x) {
  const double t = std::clamp((x - from) / (to - from), 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t);
}

}  // namespace isoscan::phantom
