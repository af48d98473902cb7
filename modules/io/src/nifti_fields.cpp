#include "nifti_fields.hpp"

#include <algorithm>
#include <cstring>
#include <string>

// Layouts only. Debian's libnifti2 and the niftilib inside ITK define the same symbols with different structs
// and cannot be linked into one program; and neither checks lengths against the file.
#include <nifti/nifti1.h>
#include <nifti/nifti2.h>

#include "isoscan/core/error.hpp"

#include "gzip_file.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

template <typename T>
T swapped(T value) {
  std::array<unsigned char, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), &value, sizeof(T));
  std::reverse(bytes.begin(), bytes.end());
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

template <typename Header>
NiftiFields fields_of(const unsigned char* bytes, bool swap) {
  Header h;
  std::memcpy(&h, bytes, sizeof(Header));
  const auto in = [swap](auto value) { return swap ? swapped(value) : value; };
  NiftiFields f;
  for (std::size_t a = 0; a < 8; ++a) {
    f.dim[a] = in(h.dim[a]);
    f.pixdim[a] = in(h.pixdim[a]);
  }
  f.datatype = in(h.datatype);
  f.vox_offset = static_cast<double>(in(h.vox_offset));
  f.slope = in(h.scl_slope);
  f.intercept = in(h.scl_inter);
  f.qform = in(h.qform_code);
  f.sform = in(h.sform_code);
  f.units = in(h.xyzt_units);
  f.quaternion = {in(h.quatern_b), in(h.quatern_c), in(h.quatern_d)};
  f.qoffset = {in(h.qoffset_x), in(h.qoffset_y), in(h.qoffset_z)};
  for (std::size_t c = 0; c < 4; ++c) {
    f.srow[c] = in(h.srow_x[c]);
    f.srow[4 + c] = in(h.srow_y[c]);
    f.srow[8 + c] = in(h.srow_z[c]);
  }
  f.header_bytes = static_cast<int>(sizeof(Header));
  f.pair = h.magic[1] == 'i';
  f.other_endian = swap;
  return f;
}

Error bad(const fs::path& file, const std::string& what) {
  return {ErrorKind::Input, file.string() + ": " + what};
}

}  // namespace

NiftiFields read_nifti_fields(const fs::path& file) {
  std::array<unsigned char, sizeof(nifti_2_header)> bytes{};
  GzipReader reader(file);
  const std::size_t got = reader.read(bytes.data(), bytes.size());
  if (got < sizeof(nifti_1_header)) throw bad(file, "is too short to be a NIfTI file");
  std::int32_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  const std::int32_t other = swapped(length);
  const auto magic_at = [&](std::size_t at, char digit) {
    return bytes[at] == 'n' && (bytes[at + 1] == '+' || bytes[at + 1] == 'i') && bytes[at + 2] == digit &&
           bytes[at + 3] == '\0';
  };
  if (length == 540 || other == 540) {
    if (got < sizeof(nifti_2_header) || !magic_at(4, '2')) throw bad(file, "is not a NIfTI file");
    return fields_of<nifti_2_header>(bytes.data(), length != 540);
  }
  if (length == 348 || other == 348) {
    if (!magic_at(344, '1')) {
      throw bad(file,
                "is an ANALYZE 7.5 file, which does not say left from right; convert it to NIfTI where that "
                "is known");
    }
    return fields_of<nifti_1_header>(bytes.data(), length != 348);
  }
  throw bad(file, "is not a NIfTI file");
}

}  // namespace isoscan::io
