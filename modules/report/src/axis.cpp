#include "axis.hpp"

#include <algorithm>
#include <cmath>

#include "text.hpp"

namespace isoscan::report {
namespace {

/// A round step that gives three to seven ticks.
double tick_step(double span) {
  const double power = std::pow(10.0, std::floor(std::log10(span)));
  for (const double factor : {0.2, 0.5, 1.0, 2.0}) {
    if (span / (factor * power) <= 7.0) return factor * power;
  }
  return 5.0 * power;
}

}  // namespace

Axis axis_over(double low, double high, double left, double right) {
  const double room = high - low > 1e-12 * std::max(std::abs(low), std::abs(high)) && high > low
                          ? 0.04 * (high - low)
                          : std::max(0.5 * (high == 0.0 ? 1.0 : 0.0), 0.1 * std::abs(high));
  return {low - room, high + room, left, right};
}

std::string axis_svg(const Axis& axis, double top, double bottom) {
  std::string svg;
  const double step = tick_step(axis.high - axis.low);
  for (double n = std::ceil(axis.low / step); n * step <= axis.high; n += 1.0) {
    const std::string x = fixed(axis.x(n * step), 1);
    svg += "<line class=\"grid\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + fixed(top, 0) + "\" y2=\"" +
           fixed(bottom, 0) + "\"/><text class=\"tick\" x=\"" + x + "\" y=\"" + fixed(bottom + 16, 0) +
           "\">" + tick_number(n * step) + "</text>";
  }
  return svg + "<line class=\"axis\" x1=\"" + fixed(axis.left, 0) + "\" x2=\"" + fixed(axis.right, 0) +
         "\" y1=\"" + fixed(bottom, 0) + "\" y2=\"" + fixed(bottom, 0) + "\"/>";
}

double jitter(std::size_t n, double width) {
  static constexpr double kGolden = 0.6180339887498949;
  const double share = std::fmod(static_cast<double>(n + 1) * kGolden, 1.0);
  return (share - 0.5) * width;
}

}  // namespace isoscan::report
