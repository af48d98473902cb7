#include "map_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "plane_grid.hpp"
#include "plane_view.hpp"

namespace isoscan::app {

using transport::Rows;

namespace {

constexpr double kGap = 24;
constexpr double kTop = 58;
constexpr double kMargin = 20;
constexpr std::int64_t kPoints = 600;  // a side
constexpr double kDot = 4.2;           // pixels

// Told apart by colour-blind eyes: the dark half of viridis for the source, from its lowest rows to its
// highest, and Okabe and Ito's orange for the target.
constexpr std::array<const char*, 4> kSourceColours{"#440154", "#3e4989", "#26828e", "#35b779"};
constexpr const char* kTargetColour = "#e69f00";
constexpr const char* kInk = "#3a3f47";
constexpr const char* kTitle = "<title>A map of the plane: before and after</title>";

Rows thinned(const Rows& rows, std::int64_t limit) {
  const std::int64_t kept = std::min(rows.count, limit);
  Rows result(kept, rows.dim);
  for (std::int64_t i = 0; i < kept; ++i)
    std::copy_n(rows.row(i * rows.count / kept), rows.dim, result.row(i));
  return result;
}

/// Dots as one path of strokes without length: a tenth of the bytes of circles.
std::string dots(const Rows& rows, const std::vector<std::int64_t>& picks, const View& view,
                 const char* colour, double opacity) {
  std::string path = "<path fill=\"none\" stroke=\"" + std::string(colour) + "\" stroke-width=\"" +
                     number(kDot) + "\" stroke-linecap=\"round\" stroke-opacity=\"" + number(opacity) +
                     "\" d=\"";
  for (const std::int64_t i : picks) path += "M" + view.at(rows.row(i)) + "h0";
  return path + "\"/>\n";
}

std::vector<std::int64_t> all_of(const Rows& rows) {
  std::vector<std::int64_t> picks(static_cast<std::size_t>(rows.count));
  std::iota(picks.begin(), picks.end(), 0);
  return picks;
}

/// Rows in as many groups of one size as there are colours, from the lowest to the highest in the picture.
std::vector<std::vector<std::int64_t>> by_height(const Rows& rows) {
  std::vector<std::int64_t> order = all_of(rows);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return rows.at(a, 1) < rows.at(b, 1); });
  std::vector<std::vector<std::int64_t>> groups(kSourceColours.size());
  for (std::size_t i = 0; i < order.size(); ++i) groups[i * groups.size() / order.size()].push_back(order[i]);
  return groups;
}

std::string coloured_dots(const Rows& rows, const std::vector<std::vector<std::int64_t>>& groups,
                          const View& view) {
  std::string content;
  for (std::size_t g = 0; g < groups.size(); ++g)
    content += dots(rows, groups[g], view, kSourceColours[g], 0.8);
  return content;
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
                     "\" stroke-width=\"1\" stroke-opacity=\"0.6\" stroke-linecap=\"round\" d=\"";
  for (const std::int64_t i : spread_points(from, 0.085 * view.edge)) {
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

std::string words(double x, double y, const std::string& text, const char* more = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + more + ">" + escaped(text) + "</text>\n";
}

template <class Colours>
std::string legend(double x, const Colours& colours, const std::string& text) {
  std::string content;
  for (const char* colour : colours) {
    content += "<circle cx=\"" + number(x) + "\" cy=\"20\" r=\"4.5\" fill=\"" + colour + "\"/>\n";
    x += 9;
  }
  return content + words(x, 24.5, text);
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
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(width) + " " +
                    number(height) + "\" width=\"" + number(width) + "\" height=\"" + number(height) +
                    "\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"" +
                    kInk + "\" role=\"img\">\n" + kTitle +
                    "\n<rect width=\"100%\" "
                    "height=\"100%\" fill=\"#ffffff\"/>\n";
  const double second = kMargin + kPanel + kGap;
  const std::array<const char*, 1> target_colour{kTargetColour};
  svg += legend(kMargin + 5, kSourceColours, "source, by height") +
         legend(kMargin + 180, target_colour, "target") +
         words(kMargin + 250, 24.5, "arrows: some of the moves");
  svg += legend(second + 5, kSourceColours, "the same rows, moved") +
         legend(second + 205, target_colour, "target") +
         words(second + 275, 24.5, "chessboard: how it bends");
  const auto groups = by_height(source);
  svg += panel(kMargin, "before", before,
               grid_cells(grid, grid.points, view, true) + grid_lines(grid, grid.points, view, true) +
                   dots(target, all_of(target), view, kTargetColour, 0.6) +
                   coloured_dots(source, groups, view) + arrows(source, mapped, view));
  svg += panel(second, "after", after,
               dots(target, all_of(target), view, kTargetColour, 0.6) + grid_cells(grid, bent, view, false) +
                   grid_lines(grid, bent, view, false) + coloured_dots(mapped, groups, view));
  return svg + "</svg>\n";
}

bool is_our_picture(const boost::filesystem::path& file) {
  try {
    return core::read_file(file, 1 << 24).find(kTitle) != std::string::npos;
  } catch (const core::Error&) {
    return false;
  }
}

}  // namespace isoscan::app
