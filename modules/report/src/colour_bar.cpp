#include <algorithm>
#include <cmath>

#include "scan_figures.hpp"
#include "text.hpp"

namespace isoscan::report {
namespace {

constexpr double kLeft = 34;
constexpr double kRight = 486;
constexpr double kTop = 20;
constexpr double kBarHeight = 14;

std::string hex(const Rgba& colour) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "#";
  for (std::size_t c = 0; c < 3; ++c) {
    text += kDigits[colour[c] >> 4U];
    text += kDigits[colour[c] & 15U];
  }
  return text;
}

std::string signed_number(double value) {
  std::string text = tick_number(value);
  if (value > 0) text.insert(text.begin(), '+');
  return text;
}

}  // namespace

std::string colour_bar(double scale, std::optional<double> bound) {
  // The bar reaches as far as the method may go, so that the bound is always in the picture.
  const double reach = 1.06 * std::max(scale, bound.value_or(scale));
  const auto x = [&](double value) { return kLeft + (kRight - kLeft) * (value + reach) / (2 * reach); };
  std::string svg =
      "<svg class=\"bar\" viewBox=\"0 0 520 62\" width=\"520\" height=\"62\" role=\"img\" "
      "aria-label=\"Colour bar of the "
      "change: blue is darker than before, orange is brighter, black is unchanged; colours saturate at " +
      number(scale, 2) + (bound ? ", the bound is " + number(*bound, 2) : std::string()) + "\">";
  constexpr int kSteps = 113;
  const std::vector<Rgba>& palette = change_palette();
  const std::size_t middle = palette.size() / 2;
  const auto zero = static_cast<double>(middle);
  for (int n = 0; n < kSteps; ++n) {
    const double from = -reach + 2 * reach * n / kSteps;
    const double to = -reach + 2 * reach * (n + 1) / kSteps;
    const double share = std::clamp((from + to) / 2 / scale, -1.0, 1.0);
    const auto place = static_cast<std::size_t>(zero + std::lround(zero * share));
    svg += "<rect x=\"" + fixed(x(from), 1) + "\" y=\"" + fixed(kTop, 0) + "\" width=\"" +
           fixed(x(to) - x(from) + 0.4, 1) + "\" height=\"" + fixed(kBarHeight, 0) + "\" fill=\"" +
           hex(palette[place]) + "\"/>";
  }
  const auto tick = [&](double value) {
    svg += "<line class=\"axis\" x1=\"" + fixed(x(value), 1) + "\" x2=\"" + fixed(x(value), 1) +
           "\" y1=\"34\" y2=\"39\"/>" + "<text class=\"tick\" x=\"" + fixed(x(value), 1) + "\" y=\"51\">" +
           signed_number(value) + "</text>";
  };
  for (const double share : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
    // With a far bound the inner numbers would run into each other.
    if (std::abs(share) == 0.5 && scale < 0.45 * reach) continue;
    if (share != 0.0 && scale < 0.2 * reach) continue;
    tick(share * scale);
  }
  if (bound) {
    for (const double value : {-*bound, *bound}) {
      svg += "<line class=\"bound\" x1=\"" + fixed(x(value), 1) + "\" x2=\"" + fixed(x(value), 1) +
             "\" y1=\"15\" y2=\"39\"/><text class=\"tick\" x=\"" + fixed(x(value), 1) + "\" y=\"11\">bound " +
             signed_number(value) + "</text>";
    }
  }
  return svg + "</svg>";
}

std::string half_width_bar(double scale) {
  const auto x = [&](double value) { return kLeft + (kRight - kLeft) * value / scale; };
  std::string svg =
      "<svg class=\"bar\" viewBox=\"0 0 520 62\" width=\"520\" height=\"62\" role=\"img\" "
      "aria-label=\"Colour bar of the uncertainty: black is 0, lighter is wider; colours saturate at " +
      number(scale, 2) + "\">";
  const std::vector<Rgba>& palette = half_width_palette();
  const auto steps = static_cast<double>(palette.size());
  for (std::size_t n = 0; n < palette.size(); ++n) {
    const double from = x(scale * static_cast<double>(n) / steps);
    const double to = x(scale * static_cast<double>(n + 1) / steps);
    svg += "<rect x=\"" + fixed(from, 1) + "\" y=\"" + fixed(kTop, 0) + "\" width=\"" +
           fixed(to - from + 0.4, 1) + "\" height=\"" + fixed(kBarHeight, 0) + "\" fill=\"" +
           hex(palette[n]) + "\"/>";
  }
  for (const double share : {0.0, 0.5, 1.0}) {
    const std::string at = fixed(x(share * scale), 1);
    svg += "<line class=\"axis\" x1=\"" + at + "\" x2=\"" + at +
           "\" y1=\"34\" y2=\"39\"/><text class=\"tick\" x=\"" + at + "\" y=\"51\">" +
           tick_number(share * scale) + "</text>";
  }
  return svg + "</svg>";
}

}  // namespace isoscan::report
