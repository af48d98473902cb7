#include "map_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "isoscan/core/error.hpp"

namespace isoscan::app {

using transport::Rows;

namespace {

constexpr double kPanel = 440;  // edge of a panel
constexpr double kGap = 24;
constexpr double kTop = 58;
constexpr double kMargin = 20;
constexpr std::int64_t kPoints = 600;  // a side
constexpr double kDot = 3.4;           // pixels
constexpr int kGridLines = 25;
constexpr int kGridSteps = 8;  // pieces of a line between two crossings

// Told apart by colour-blind eyes (Okabe and Ito).
constexpr const char* kSourceColour = "#0072b2";
constexpr const char* kTargetColour = "#e69f00";
constexpr const char* kInk = "#3a3f47";

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string result = text;
  if (result.ends_with(".0")) result.resize(result.size() - 2);
  return result == "-0" ? "0" : result;
}

Rows thinned(const Rows& rows, std::int64_t limit) {
  const std::int64_t kept = std::min(rows.count, limit);
  Rows result(kept, rows.dim);
  for (std::int64_t i = 0; i < kept; ++i)
    std::copy_n(rows.row(i * rows.count / kept), rows.dim, result.row(i));
  return result;
}

/// What is drawn of the world: a square that holds all but the farthest half per cent of each cloud.
struct View {
  double x = 0.0;  ///< left
  double y = 0.0;  ///< bottom
  double edge = 1.0;

  explicit View(const std::array<const Rows*, 3>& clouds) {
    std::array<double, 2> low{1e300, 1e300};
    std::array<double, 2> high{-1e300, -1e300};
    for (const Rows* rows : clouds) {
      for (std::size_t d = 0; d < 2; ++d) {
        std::vector<double> values;
        for (std::int64_t i = 0; i < rows->count; ++i)
          values.push_back(static_cast<double>(rows->at(i, static_cast<std::int64_t>(d))));
        std::sort(values.begin(), values.end());
        const auto cut = static_cast<std::size_t>(0.005 * static_cast<double>(values.size()));
        low[d] = std::min(low[d], values[cut]);
        high[d] = std::max(high[d], values[values.size() - 1 - cut]);
      }
    }
    edge = 1.12 * std::max({high[0] - low[0], high[1] - low[1], 1e-6 * std::abs(high[0]), 1e-30});
    x = 0.5 * (low[0] + high[0] - edge);
    y = 0.5 * (low[1] + high[1] - edge);
  }
  /// Pixels in a panel.
  [[nodiscard]] double across(double value) const { return kPanel * (value - x) / edge; }
  [[nodiscard]] double down(double value) const { return kPanel * (1.0 - (value - y) / edge); }
  [[nodiscard]] std::string at(const float* row) const {
    return number(across(static_cast<double>(row[0]))) + " " + number(down(static_cast<double>(row[1])));
  }
};

/// Dots as one path of strokes without length: a tenth of the bytes of circles.
std::string dots(const Rows& rows, const View& view, const char* colour, double size) {
  std::string path = "<path fill=\"none\" stroke=\"" + std::string(colour) + "\" stroke-width=\"" +
                     number(size) + "\" stroke-linecap=\"round\" stroke-opacity=\"0.6\" d=\"";
  for (std::int64_t i = 0; i < rows.count; ++i) path += "M" + view.at(rows.row(i)) + "h0";
  return path + "\"/>\n";
}

/// Points that keep their distance from each other, first come first kept.
std::vector<std::int64_t> spread_points(const Rows& rows, double distance) {
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const bool far = std::all_of(kept.begin(), kept.end(), [&](std::int64_t k) {
      return std::hypot(rows.at(i, 0) - rows.at(k, 0), rows.at(i, 1) - rows.at(k, 1)) > distance;
    });
    if (far) kept.push_back(i);
  }
  return kept;
}

std::string arrows(const Rows& from, const Rows& to, const View& view) {
  std::string path = "<path fill=\"none\" stroke=\"" + std::string(kInk) +
                     "\" stroke-width=\"1.1\" stroke-opacity=\"0.75\" stroke-linecap=\"round\" d=\"";
  for (const std::int64_t i : spread_points(from, 0.065 * view.edge)) {
    const double x1 = view.across(static_cast<double>(to.at(i, 0)));
    const double y1 = view.down(static_cast<double>(to.at(i, 1)));
    const double dx = x1 - view.across(static_cast<double>(from.at(i, 0)));
    const double dy = y1 - view.down(static_cast<double>(from.at(i, 1)));
    const double length = std::hypot(dx, dy);
    if (length < 3.0) continue;
    path += "M" + view.at(from.row(i)) + "L" + number(x1) + " " + number(y1);
    const double head = std::min(6.0, 0.4 * length) / length;
    path += "M" + number(x1 - head * (dx + 0.45 * dy)) + " " + number(y1 - head * (dy - 0.45 * dx)) + "L" +
            number(x1) + " " + number(y1) + "L" + number(x1 - head * (dx - 0.45 * dy)) + " " +
            number(y1 - head * (dy + 0.45 * dx));
  }
  return path + "\"/>\n";
}

/// Lines of a grid over the source, and whether each of their points lies near a source point.
struct Grid {
  Rows points;  ///< line after line, all of one length
  std::int64_t line_length = 0;
  std::vector<char> near;
};

Grid grid_over(const Rows& source, const View& view) {
  const double step = view.edge / kGridLines;
  Grid grid;
  grid.line_length = (kGridLines - 1) * kGridSteps + 1;
  grid.points = Rows(2 * kGridLines * grid.line_length, 2);
  std::int64_t n = 0;
  for (std::int64_t axis = 0; axis < 2; ++axis) {
    for (int line = 0; line < kGridLines; ++line) {
      for (std::int64_t k = 0; k < grid.line_length; ++k, ++n) {
        const double along = (0.5 + static_cast<double>(k) / kGridSteps) * step;
        const double fixed = (0.5 + line) * step;
        grid.points.row(n)[0] = static_cast<float>(view.x + (axis == 0 ? along : fixed));
        grid.points.row(n)[1] = static_cast<float>(view.y + (axis == 0 ? fixed : along));
      }
    }
  }
  grid.near.resize(static_cast<std::size_t>(n), 0);
  // Three points make a neighbourhood; at one stray point a map is a guess.
  constexpr int kNeighbours = 3;
  const auto radius = static_cast<float>(0.9 * step);
  for (std::int64_t p = 0; p < n; ++p) {
    int found = 0;
    for (std::int64_t i = 0; i < source.count && found < kNeighbours; ++i) {
      if (std::hypot(source.at(i, 0) - grid.points.at(p, 0), source.at(i, 1) - grid.points.at(p, 1)) < radius)
        ++found;
    }
    grid.near[static_cast<std::size_t>(p)] = found == kNeighbours ? 1 : 0;
  }
  return grid;
}

/// @param straight  the lines are: their ends are enough
std::string grid_lines(const Grid& grid, const Rows& points, const View& view, bool straight) {
  std::string path = "<path fill=\"none\" stroke=\"" + std::string(kSourceColour) +
                     "\" stroke-width=\"0.8\" stroke-opacity=\"0.45\" d=\"";
  const auto drawn = [&](std::int64_t i, std::int64_t line) {
    return i >= 0 && i < points.count && i / grid.line_length == line &&
           grid.near[static_cast<std::size_t>(i)] != 0;
  };
  for (std::int64_t i = 0; i < points.count; ++i) {
    const std::int64_t line = i / grid.line_length;
    if (!drawn(i, line)) continue;
    const bool goes_on = drawn(i - 1, line);
    if (straight && goes_on && drawn(i + 1, line)) continue;
    path += (goes_on ? "L" : "M") + view.at(points.row(i));
  }
  return path + "\"/>\n";
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') {
      result += "&lt;";
    } else if (c == '&') {
      result += "&amp;";
    } else {
      result += c;
    }
  }
  return result;
}

std::string words(double x, double y, const std::string& text, const char* more = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + more + ">" + escaped(text) + "</text>\n";
}

std::string legend(double x, const char* colour, const std::string& text) {
  return "<circle cx=\"" + number(x) + "\" cy=\"20\" r=\"4.5\" fill=\"" + colour + "\"/>\n" +
         words(x + 10, 24.5, text);
}

std::string panel(double left, const char* id, const std::string& caption, const std::string& content) {
  const std::string edge = number(kPanel);
  return "<g transform=\"translate(" + number(left) + " " + number(kTop) + ")\">\n" +
         words(0, -8, caption, "font-weight=\"600\"") + "<clipPath id=\"" + id + "\"><rect width=\"" + edge +
         "\" height=\"" + edge + "\" rx=\"6\"/></clipPath>\n<rect width=\"" + edge + "\" height=\"" + edge +
         "\" rx=\"6\" fill=\"#f7f8fa\" stroke=\"#d5d9e0\"/>\n<g clip-path=\"url(#" + id + ")\">\n" + content +
         "</g>\n</g>\n";
}

}  // namespace

std::string map_picture(const transport::FittedMap& map, const Rows& all_source, const Rows& all_target,
                        const std::string& before, const std::string& after, int threads) {
  if (map.dim() != 2 || all_source.dim != 2 || all_target.dim != 2)
    throw core::Error(core::ErrorKind::Config, "--picture draws maps of two columns; this one has " +
                                                   std::to_string(map.dim()) + ": leave it out");
  const Rows source = thinned(all_source, kPoints);
  const Rows target = thinned(all_target, kPoints);
  const Rows mapped = map.apply(source, threads);
  const View view({&source, &target, &mapped});
  const Grid grid = grid_over(source, view);
  const Rows bent = map.apply(grid.points, threads);

  const double width = 2 * kMargin + 2 * kPanel + kGap;
  const double height = kTop + kPanel + kMargin;
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(width) + " " + number(height) +
      "\" width=\"" + number(width) + "\" height=\"" + number(height) +
      "\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"" + kInk +
      "\" role=\"img\">\n<title>A map of the plane: before and after</title>\n<rect width=\"100%\" "
      "height=\"100%\" fill=\"#ffffff\"/>\n";
  const double second = kMargin + kPanel + kGap;
  svg += legend(kMargin + 5, kSourceColour, "source") + legend(kMargin + 85, kTargetColour, "target");
  svg += words(kMargin + 160, 24.5, "arrows: where the map sends the source");
  svg += legend(second + 5, kSourceColour, "mapped source") + legend(second + 135, kTargetColour, "target");
  svg += words(second + 210, 24.5, "grid: squares, as the map bends them");
  svg += panel(kMargin, "before", before,
               grid_lines(grid, grid.points, view, true) + dots(target, view, kTargetColour, kDot) +
                   dots(source, view, kSourceColour, kDot) + arrows(source, mapped, view));
  svg += panel(second, "after", after,
               dots(target, view, kTargetColour, kDot) + grid_lines(grid, bent, view, false) +
                   dots(mapped, view, kSourceColour, kDot));
  return svg + "</svg>\n";
}

}  // namespace isoscan::app
