/// @file A map of the plane as a picture for people.
#pragma once

#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/matrix.hpp"

namespace isoscan::app {

/// An SVG of two panels in one scale. Left: source points, target points, and where a spread of source points
/// goes. Right: the moved points on the target points, and a grid of squares as the map bends it (drawn only
/// where there are source points: elsewhere a map is a guess). A few hundred points a side are drawn, evenly
/// picked. No time stamp, no random number: the same input gives the same bytes.
/// @param before, after captions, such as the distance to the target. @throws Error(Config) where the rows
/// have not exactly two columns.
[[nodiscard]] std::string map_picture(const transport::FittedMap& map, const transport::Rows& source,
                                      const transport::Rows& target, const std::string& before,
                                      const std::string& after, int threads = 1);

/// Whether a file is such a picture.
[[nodiscard]] bool is_our_picture(const boost::filesystem::path& file);

}  // namespace isoscan::app
