/// @file Which foreign code makes the bytes of pages and pictures.
#pragma once

#include <string>

namespace isoscan::report {

/// "libpng 1.6.39, zlib 1.2.13": part of the resume key of stages that write pictures.
[[nodiscard]] std::string libraries();

}  // namespace isoscan::report
