/// @file The pictures of one scan's page. Private to report.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "isoscan/report/scan_record.hpp"

namespace isoscan::report {

/// Pictures get coarser until they fit into `limit_bytes`.
[[nodiscard]] ScanFigures make_figures(const ScanImages& images, const ScanPageOptions& options,
                                       std::size_t limit_bytes);

/// The colour bar of the change map with its bound, as inline SVG.
[[nodiscard]] std::string colour_bar(double scale, std::optional<double> bound);
/// The colour bar of the map of uncertainty, 0 to scale.
[[nodiscard]] std::string half_width_bar(double scale);

}  // namespace isoscan::report
