/// @file The raw fields of a NIfTI-1 or -2 header, in one shape and this machine's byte order.
#pragma once

#include <array>
#include <cstdint>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/grid.hpp"

namespace isoscan::io {

/// NIfTI-1 and -2 in one shape.
struct NiftiFields {
  std::array<std::int64_t, 8> dim{};
  std::array<double, 8> pixdim{};
  std::int32_t datatype = 0;
  double vox_offset = 0;
  double slope = 0, intercept = 0;
  int qform = 0, sform = 0, units = 0;
  core::Vec3 quaternion{}, qoffset{};
  std::array<double, 12> srow{};
  int header_bytes = 0;  ///< 348 or 540
  bool pair = false;     ///< voxels lie in an .img file
  bool other_endian = false;
};

/// Reads the first bytes and finds version and byte order. Nothing in them is checked but the magic.
/// @throws Error(Io|Input) where there is no file or it is no NIfTI.
[[nodiscard]] NiftiFields read_nifti_fields(const boost::filesystem::path& file);

}  // namespace isoscan::io
