/// @file Maps in band space: the closed-form Gaussian one and ENOT, fitted on feature rows after two-pass
/// matching.
#pragma once

#include <string>
#include <vector>

#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/features/bands.hpp"
#include "isoscan/harmonize/harmonize.hpp"

namespace isoscan::harmonize {

/// Columns of a band space by name, as places in a row: all bands, then the context named.
/// @throws Error(Config) for an unknown context column.
[[nodiscard]] std::vector<std::size_t> map_columns(const features::BandSpace& space,
                                                   const std::vector<std::string>& context);

/// Fits the map into `model` (map, map_columns, band_sd_mm, shrinkage) from the scans' matched rows.
void fit_band_map(domain::SiteModel& model, FitSummary& summary,
                  const std::vector<const domain::LevelSummary*>& scans,
                  const domain::ReferencePackage& reference, const FitOptions& options,
                  const core::Context& context);

/// matched + strength * displacement of the bands, in the brain.
[[nodiscard]] core::Volume apply_band_map(const core::Volume& matched, const core::Mask& brain,
                                          const domain::SiteModel& model, const core::Context& context);

}  // namespace isoscan::harmonize
