/// @file How near made scans come to a site's real ones, told without any truth. Private to harmonize.
#pragma once

#include <vector>

#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/harmonize/restoration.hpp"

namespace isoscan::harmonize {

/// Energy distance between feature rows of made scans and of the site's (bands, gradient, local SD, second
/// differences; in units of the site's SDs). Neither bands nor their joint distribution took part in finding
/// the acquisition.
/// @param site  corrected scans with rows
/// @param make  the n-th of `count` pairs; those that cannot be used are left out
/// @return infinity where more than a third cannot be used
[[nodiscard]] double distance_to_site(const domain::LevelSummary& site, std::size_t count,
                                      const PairMaker& make, const core::Context& context);

}  // namespace isoscan::harmonize
