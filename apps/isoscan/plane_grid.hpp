/// @file A grid of squares over a cloud of points: bent by a map, it shows what the map does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/transport/matrix.hpp"

#include "plane_view.hpp"

namespace isoscan::app {

/// Lines of a grid over the source, and whether each of their points lies near some source points: elsewhere
/// a map is a guess.
struct Grid {
  transport::Rows points;  ///< line after line, all of one length
  std::int64_t line_length = 0;
  std::vector<char> near;
};

[[nodiscard]] Grid grid_over(const transport::Rows& source, const View& view);

/// SVG paths of the grid where its points are moved to `points`. @param straight the lines are: their ends
/// are enough
[[nodiscard]] std::string grid_lines(const Grid& grid, const transport::Rows& points, const View& view,
                                     bool straight);
/// Every second cell, as a chessboard has them, where all its border is near.
[[nodiscard]] std::string grid_cells(const Grid& grid, const transport::Rows& points, const View& view,
                                     bool straight);

}  // namespace isoscan::app
