/// @file Small NIfTI files made by hand, so that the reader is tested against the standard's layout and not
/// our writer.
#pragma once

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>
#include <nifti/nifti1.h>
#include <nifti/nifti2.h>

namespace isoscan::test {

template <typename Header>
Header header_by_hand(const std::vector<int>& sizes, int datatype, int bits) {
  Header h;
  std::memset(&h, 0, sizeof(h));
  h.sizeof_hdr = sizeof(Header) == 348 ? 348 : 540;
  h.dim[0] = static_cast<decltype(h.dim[0] + 0)>(sizes.size());
  for (std::size_t a = 0; a < 7; ++a) h.dim[a + 1] = 1;
  for (std::size_t a = 0; a < sizes.size(); ++a) h.dim[a + 1] = static_cast<std::int16_t>(sizes[a]);
  for (std::size_t a = 0; a < 4; ++a) h.pixdim[a] = 1;
  h.datatype = static_cast<std::int16_t>(datatype);
  h.bitpix = static_cast<std::int16_t>(bits);
  h.vox_offset = sizeof(Header) == 348 ? 352 : 544;
  h.sform_code = 1;
  h.srow_x[0] = h.srow_y[1] = h.srow_z[2] = 1;
  std::memcpy(h.magic, sizeof(Header) == 348 ? "n+1" : "n+2", 4);
  return h;
}

template <typename Header>
void write_by_hand(const boost::filesystem::path& file, const Header& header, const std::string& voxels) {
  std::ofstream out(file.string(), std::ios::binary);
  out.write(reinterpret_cast<const char*>(&header), sizeof(header));
  out.write("\0\0\0\0", 4);
  out.write(voxels.data(), static_cast<std::streamsize>(voxels.size()));
}

/// Without the flush to disk that core::write_file makes: for loops over damage.
inline void write_fast(const boost::filesystem::path& file, const std::string& bytes) {
  std::ofstream out(file.string(), std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace isoscan::test
