/// @file Which foreign code reads and writes the scans' bytes.
#pragma once

#include <string>

namespace isoscan::io {

/// "dcmtk 3.6.7, gdcm 3.0.21, openjpeg 2.5.0, zlib 1.2.13": part of the resume key of every stage
/// that reads or writes a scan, so that an upgrade of a library makes it run again. Versions are those of the
/// libraries that are loaded, where these can be asked.
[[nodiscard]] std::string libraries();

}  // namespace isoscan::io
