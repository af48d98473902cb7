/// @file Between config::Json and nlohmann::json, for writing and for the validator.
#pragma once

#include <nlohmann/json.hpp>

#include "isoscan/config/json.hpp"

namespace isoscan::config {

[[nodiscard]] nlohmann::json to_nlohmann(const Json& value);

}  // namespace isoscan::config
