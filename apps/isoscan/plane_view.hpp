/// @file What a picture shows of the plane, and where a point of it lies in a panel.
#pragma once

#include <array>
#include <string>

#include "isoscan/transport/matrix.hpp"

namespace isoscan::app {

inline constexpr double kPanel = 440;  ///< edge of a panel, in pixels

/// For SVG: one digit after the point, none where it is 0.
[[nodiscard]] std::string number(double value);

/// Text in an SVG.
[[nodiscard]] std::string escaped(const std::string& text);

/// A square that holds all but the farthest half per cent of each cloud.
struct View {
  double x = 0.0;  ///< left
  double y = 0.0;  ///< bottom
  double edge = 1.0;

  /// @param clouds of two columns, none empty
  explicit View(const std::array<const transport::Rows*, 3>& clouds);
  /// Pixels in a panel.
  [[nodiscard]] double across(double value) const { return kPanel * (value - x) / edge; }
  [[nodiscard]] double down(double value) const { return kPanel * (1.0 - (value - y) / edge); }
  [[nodiscard]] std::string at(const float* row) const {
    return number(across(static_cast<double>(row[0]))) + " " + number(down(static_cast<double>(row[1])));
  }
};

}  // namespace isoscan::app
