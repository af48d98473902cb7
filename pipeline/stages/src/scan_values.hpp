/// @file The numbers of one scan that are kept of a reference's and a site's scans, so that a later scan's
/// page can say what is usual.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::stages {

using ScanValues = std::map<std::string, double>;

/// What quality::measure_image_quality tells of this image, by its names; what is not applicable is left out.
/// Only what the page shows (quality_measures.cpp).
[[nodiscard]] ScanValues image_quality_values(const preprocess::Prepared& scan);

/// The prepared scan with another image: `native` in source units, on the working grid, white matter = 1.
[[nodiscard]] preprocess::Prepared with_image(const preprocess::Prepared& prepared,
                                              const core::Volume& native, double white_matter,
                                              double spacing_mm, const core::Context& context);

/// [{"spacing_mm": 1, "values": {"cjv": 0.4, ...}}, ...]
struct LevelValues {
  double spacing_mm = 0.0;
  ScanValues values;
};
[[nodiscard]] config::Json to_json(const std::vector<LevelValues>& levels);
[[nodiscard]] std::vector<LevelValues> level_values_of(const config::Json& json);

}  // namespace isoscan::stages
