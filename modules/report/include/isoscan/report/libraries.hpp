/// @file What besides the stages' own code makes the bytes of pages and pictures.
#pragma once

#include <string>

namespace isoscan::report {

/// "libpng 1.6.39, zlib 1.2.13, templates 0123456789abcdef": part of the resume key of stages that write
/// pictures or pages. The last is a digest of the pages' templates, style and scripts: others draw other
/// pages.
[[nodiscard]] std::string libraries();

}  // namespace isoscan::report
