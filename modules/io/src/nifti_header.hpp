/// @file The header of a NIfTI file, checked: what it says fits into the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/grid.hpp"

namespace isoscan::io {

/// How one stored number looks. Complex, colour and 128-bit types are not here: they are refused.
enum class Stored : std::uint8_t { U8, I8, U16, I16, U32, I32, U64, I64, F32, F64 };

[[nodiscard]] const char* name(Stored type);  ///< "uint8", ...
[[nodiscard]] std::size_t byte_count(Stored type);
[[nodiscard]] bool is_integer(Stored type);

struct NiftiHeader {
  core::Grid grid;         ///< LPS, rounded to float32
  std::string no_numbers;  ///< why its voxels are no real numbers, in words; then nothing below is filled in
  Stored stored = Stored::F32;
  bool other_endian = false;
  std::int64_t volumes = 1;         ///< product of the axes beyond the third
  std::uintmax_t voxel_offset = 0;  ///< in `voxel_file`
  double slope = 1.0;
  double intercept = 0.0;
  boost::filesystem::path voxel_file;  ///< the file itself, or the .img of a pair
  std::vector<std::string> notes;
  std::vector<std::string> warnings;  ///< those of the notes that somebody has to look at
};

/// @throws Error(Io) where the file is not there; Error(Input|Geometry) in one line where it cannot be used.
[[nodiscard]] NiftiHeader read_nifti_header(const boost::filesystem::path& file);

}  // namespace isoscan::io
