/// @file The pictures of one scan's page, ready to embed. Private to report.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/report/scan_report.hpp"

namespace isoscan::report {

/// One place in the brain, as data URLs; what is absent is empty.
struct Tile {
  Slice slice;
  std::string before, after, change, half_width, contours;
};

struct TileRow {
  Plane plane = Plane::Axial;
  std::vector<Tile> tiles;
};

/// How much changed, inside the brain (or the whole grid without a mask), in units of white matter.
struct ChangeSummary {
  double typical = 0.0;   ///< median of |change|
  double p99 = 0.0;       ///< 99 % of voxels changed by less
  double largest = 0.0;   ///< of |change|
  double at_bound = 0.0;  ///< share of voxels that the bound held back; 0 without a bound
};

struct ScanFigures {
  std::vector<TileRow> rows;
  bool has_after = false;  ///< and it differs from before: there is something to compare
  bool has_contours = false;
  std::optional<ChangeSummary> change;  ///< where there is an output
  double change_scale = 0.0;            ///< colours saturate here; 0: no change map
  std::optional<double> half_width;     ///< median in the brain, where it is stated
  double half_width_scale = 0.0;        ///< colours saturate here; 0: no map of it
  std::string histograms;               ///< histogram_svg, or empty
  std::string histograms_missing;       ///< why there are none
  std::size_t bytes = 0;                ///< of all pictures
};

/// Pictures get coarser until they fit into `limit_bytes`.
[[nodiscard]] ScanFigures make_figures(const ScanImages& images, const ScanPageOptions& options,
                                       std::size_t limit_bytes);

/// The colour bar of the change map with its bound, as inline SVG.
[[nodiscard]] std::string colour_bar(double scale, std::optional<double> bound);
/// The colour bar of the map of uncertainty, 0 to scale.
[[nodiscard]] std::string half_width_bar(double scale);

}  // namespace isoscan::report
