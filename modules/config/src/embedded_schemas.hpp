/// @file The texts of data_schemas/*.schema.json, in the order of config::Schema.
#pragma once

#include <array>
#include <string_view>

namespace isoscan::config {

[[nodiscard]] const std::array<std::string_view, 15>& embedded_schemas();

}  // namespace isoscan::config
