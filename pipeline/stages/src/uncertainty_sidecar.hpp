/// @file The JSON file beside a map of uncertainty. Private to stages.
#pragma once

#include <string>

#include "isoscan/config/json.hpp"

namespace isoscan::stages {

/// @param applied  apply.json, whose "uncertainty" is not null  @param volume  path of the harmonized scan
/// below the output folder  @param scale  the setting "intensity_scale"
[[nodiscard]] config::Json uncertainty_sidecar(const config::Json& applied, const std::string& volume,
                                               const config::Json& scale);

}  // namespace isoscan::stages
