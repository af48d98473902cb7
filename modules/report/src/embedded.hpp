/// @file The files of templates/, inside the program.
#pragma once

#include <string_view>

namespace isoscan::report {

/// Content of templates/<name>; empty when there is no such file.
[[nodiscard]] std::string_view embedded(std::string_view name);

}  // namespace isoscan::report
