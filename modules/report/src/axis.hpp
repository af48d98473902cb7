/// @file The horizontal axis that figures of dots share. Private to report.
#pragma once

#include <cstddef>
#include <string>

namespace isoscan::report {

/// Values low..high on the pixels left..right of a drawing.
struct Axis {
  double low = 0.0;
  double high = 1.0;
  double left = 0.0;
  double right = 1.0;

  [[nodiscard]] double x(double value) const { return left + (right - left) * (value - low) / (high - low); }
};

/// With a little room beyond both ends; a span of its own where all values are alike.
[[nodiscard]] Axis axis_over(double low, double high, double left, double right);

/// Grid lines from `top` to `bottom` with their numbers below, three to seven of them, at round values.
[[nodiscard]] std::string axis_svg(const Axis& axis, double top, double bottom);

/// Spreads dots over `width` so that equal values stay visible; the same dot always falls on the same place.
[[nodiscard]] double jitter(std::size_t n, double width);

}  // namespace isoscan::report
