/// @file The files of templates/, inside the program.
#pragma once

#include <string_view>

namespace isoscan::report {

/// Content of templates/<name>; empty when there is no such file.
[[nodiscard]] std::string_view embedded(std::string_view name);

/// SHA-256 over lines "SHA-256 of the file, two blanks, its name", as sha256sum prints them, by name.
[[nodiscard]] std::string_view templates_digest();

}  // namespace isoscan::report
