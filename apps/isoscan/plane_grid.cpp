#include "plane_grid.hpp"

#include <algorithm>
#include <cmath>

namespace isoscan::app {

using transport::Rows;

namespace {

constexpr int kGridLines = 23;
constexpr int kGridSteps = 8;  // pieces of a line between two crossings
constexpr const char* kGridColour = "#0072b2";

}  // namespace

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

std::string grid_cells(const Grid& grid, const Rows& points, const View& view, bool straight) {
  std::string path = "<path fill=\"" + std::string(kGridColour) + "\" fill-opacity=\"0.14\" d=\"";
  const auto index = [&](std::int64_t axis, std::int64_t line, std::int64_t step) {
    return (axis * kGridLines + line) * grid.line_length + step;
  };
  for (std::int64_t i = 0; i + 1 < kGridLines; ++i) {
    for (std::int64_t j = i % 2; j + 1 < kGridLines; j += 2) {
      std::vector<std::int64_t> border;
      constexpr std::int64_t n = kGridSteps;
      for (std::int64_t k = 0; k < n; ++k) border.push_back(index(0, j, i * n + k));
      for (std::int64_t k = 0; k < n; ++k) border.push_back(index(1, i + 1, j * n + k));
      for (std::int64_t k = n; k > 0; --k) border.push_back(index(0, j + 1, i * n + k));
      for (std::int64_t k = n; k > 0; --k) border.push_back(index(1, i, j * n + k));
      if (!std::all_of(border.begin(), border.end(),
                       [&](std::int64_t p) { return grid.near[static_cast<std::size_t>(p)] != 0; }))
        continue;
      for (std::size_t p = 0; p < border.size(); p += straight ? kGridSteps : 1)
        path += (p == 0 ? "M" : "L") + view.at(points.row(border[p]));
      path += "Z";
    }
  }
  return path + "\"/>\n";
}

std::string grid_lines(const Grid& grid, const Rows& points, const View& view, bool straight) {
  std::string path = "<path fill=\"none\" stroke=\"" + std::string(kGridColour) +
                     "\" stroke-width=\"0.8\" stroke-opacity=\"0.5\" d=\"";
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

}  // namespace isoscan::app
