/// @file The version of Isoscan. It stands in one place, `project(isoscan VERSION ...)` of the top
/// CMakeLists.txt.
#pragma once

#include <string>

namespace isoscan::core {

/// "0.1.0"
[[nodiscard]] std::string version();
/// "isoscan 0.1.0": as it is written into files.
[[nodiscard]] std::string software();

}  // namespace isoscan::core
