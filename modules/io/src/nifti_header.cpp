#include "nifti_header.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/filesystem.hpp>
#include <nifti/nifti1.h>

#include "isoscan/core/error.hpp"

#include "gzip_file.hpp"
#include "nifti_affine.hpp"
#include "nifti_fields.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

Error bad(const fs::path& file, const std::string& what, ErrorKind kind = ErrorKind::Input) {
  return {kind, file.string() + ": " + what};
}

/// Fine files that hold no real numbers.
std::string no_numbers_of(std::int32_t datatype) {
  switch (datatype) {
    case DT_RGB24:
    case DT_RGBA32:
      return "holds colours; a scan with one real number a voxel is needed";
    case DT_COMPLEX64:
    case DT_COMPLEX128:
    case DT_COMPLEX256:
      return "holds complex numbers; give the magnitude image";
    case DT_FLOAT128:
      return "holds 128-bit numbers, which machines store differently; write it as float64";
    case DT_BINARY:
      return "holds single bits: a mask, not a scan";
    default:
      return {};
  }
}

Stored stored_of(const fs::path& file, std::int32_t datatype) {
  switch (datatype) {
    case DT_UINT8:
      return Stored::U8;
    case DT_INT8:
      return Stored::I8;
    case DT_UINT16:
      return Stored::U16;
    case DT_INT16:
      return Stored::I16;
    case DT_UINT32:
      return Stored::U32;
    case DT_INT32:
      return Stored::I32;
    case DT_UINT64:
      return Stored::U64;
    case DT_INT64:
      return Stored::I64;
    case DT_FLOAT32:
      return Stored::F32;
    case DT_FLOAT64:
      return Stored::F64;
    default:
      throw bad(file,
                "has the voxel type " + std::to_string(datatype) +
                    ", which NIfTI does not know; the header is damaged, copy the file again from where "
                    "it came from");
  }
}

void read_sizes(const fs::path& file, const NiftiFields& f, NiftiHeader& header) {
  if (f.dim[0] < 1 || f.dim[0] > 7) {
    throw bad(file, "says it has " + std::to_string(f.dim[0]) +
                        " axes; the header is damaged, copy the file again from where it came from");
  }
  header.grid.size = {1, 1, 1};
  for (std::size_t a = 1; a <= static_cast<std::size_t>(f.dim[0]); ++a) {
    if (f.dim[a] < 1)
      throw bad(file, "says that axis " + std::to_string(a) + " has " + std::to_string(f.dim[a]) +
                          " voxels; the header is damaged, copy the file again from where it came from");
    if (a <= 3) {
      header.grid.size[a - 1] = f.dim[a];
    } else if (f.dim[a] > (std::int64_t{1} << 40) / header.volumes) {
      throw bad(file,
                "says it has more volumes than any file holds; the header is damaged, copy the file again "
                "from where it came from");
    } else {
      header.volumes *= f.dim[a];
    }
  }
}

/// The other half of a .hdr/.img pair.
fs::path voxel_file_of(const fs::path& file) {
  std::string text = file.string();
  const bool gz = boost::algorithm::iends_with(text, ".gz");
  const std::string stem = text.substr(0, text.size() - (gz ? 7 : 4));
  for (const char* ending : {".img", ".img.gz", ".IMG"}) {
    boost::system::error_code error;
    if (fs::is_regular_file(stem + ending, error)) return stem + ending;
  }
  throw bad(file, "is the header of a pair, but its .img file is missing beside it");
}

}  // namespace

const char* name(Stored type) {
  constexpr std::array names{"uint8", "int8",   "uint16", "int16",   "uint32",
                             "int32", "uint64", "int64",  "float32", "float64"};
  return names[static_cast<std::size_t>(type)];
}

std::size_t byte_count(Stored type) {
  constexpr std::array<std::size_t, 10> counts{1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
  return counts[static_cast<std::size_t>(type)];
}

bool is_integer(Stored type) {
  return type != Stored::F32 && type != Stored::F64;
}

NiftiHeader read_nifti_header(const fs::path& file) {
  NiftiHeader header;
  const NiftiFields f = read_nifti_fields(file);
  header.other_endian = f.other_endian;
  read_sizes(file, f, header);
  header.no_numbers = no_numbers_of(f.datatype);
  if (!header.no_numbers.empty()) return header;
  header.stored = stored_of(file, f.datatype);
  header.grid.world_from_voxel = lps_from_voxel(file, f, header.grid.size, header.notes, header.warnings);
  header.grid = rounded_to_float(header.grid);
  if (const std::string problem = header.grid.problem(); !problem.empty()) {
    throw bad(file, problem, ErrorKind::Geometry);
  }
  if (std::isfinite(f.slope) && f.slope != 0.0) {
    header.slope = f.slope;
    if (std::isfinite(f.intercept)) {
      header.intercept = f.intercept;
    } else {
      header.notes.emplace_back("scl_inter is not a number: taken as 0");
    }
  }
  header.voxel_file = f.pair ? voxel_file_of(file) : file;
  if (!std::isfinite(f.vox_offset) || f.vox_offset < 0.0 || f.vox_offset > 1e15) {
    throw bad(file,
              "says that its voxels start nowhere (vox_offset); the header is damaged, copy the file again "
              "from where it came from");
  }
  header.voxel_offset = static_cast<std::uintmax_t>(f.vox_offset);
  // A single file without a usable offset: voxels follow the header and the four bytes that say whether there
  // are extensions.
  if (const auto header_bytes = static_cast<std::uintmax_t>(f.header_bytes);
      !f.pair && header.voxel_offset < header_bytes) {
    header.voxel_offset = header_bytes + 4;
    header.notes.emplace_back("vox_offset points into the header: voxels taken to follow it");
  }

  const std::uintmax_t most = GzipReader(header.voxel_file).most_bytes();
  const double need = static_cast<double>(header.grid.voxel_count()) *
                          static_cast<double>(byte_count(header.stored)) *
                          static_cast<double>(header.volumes) +
                      static_cast<double>(header.voxel_offset);
  if (need > static_cast<double>(most)) {
    throw bad(file,
              "its header asks for more voxels than the file can hold; it is cut short or damaged, copy it "
              "again from where it came from");
  }
  return header;
}

}  // namespace isoscan::io
