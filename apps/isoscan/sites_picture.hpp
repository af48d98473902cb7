/// @file Sites about their reference, as a picture.
#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::app {

struct SiteDot {
  std::string name;
  double x = 0.0;  ///< the reference is at 0, 0; one unit is what scans of one site vary by
  double y = 0.0;
  bool differs = false;  ///< from the reference, by more than chance
  std::string about;     ///< shown where the pointer rests
};

/// An SVG: the reference, rings of whole distances about it, a dot a site, names where there is room for
/// them. The same sites give the same bytes. @param shown  share of the squared distances that the plane
/// shows
[[nodiscard]] std::string sites_picture(const std::vector<SiteDot>& sites, double shown);

/// Whether a file is such a picture.
[[nodiscard]] bool is_sites_picture(const boost::filesystem::path& file);

}  // namespace isoscan::app
