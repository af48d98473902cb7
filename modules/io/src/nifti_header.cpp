#include "nifti_header.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/filesystem.hpp>
// Layouts only. Debian's libnifti2 and the niftilib inside ITK define the same symbols with different structs
// and cannot be linked into one program; and neither checks lengths against the file.
#include <nifti/nifti1.h>
#include <nifti/nifti2.h>

#include "isoscan/core/error.hpp"

#include "gzip_file.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Affine;
using core::Error;
using core::ErrorKind;
using core::Vec3;

namespace {

/// NIfTI-1 and -2 in one shape.
struct Fields {
  std::array<std::int64_t, 8> dim{};
  std::array<double, 8> pixdim{};
  std::int32_t datatype = 0;
  double vox_offset = 0;
  double slope = 0, intercept = 0;
  int qform = 0, sform = 0, units = 0;
  Vec3 quaternion{}, qoffset{};
  std::array<double, 12> srow{};
  bool pair = false;
};

template <typename T>
T swapped(T value) {
  std::array<unsigned char, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), &value, sizeof(T));
  std::reverse(bytes.begin(), bytes.end());
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

template <typename Header>
Fields fields_of(const unsigned char* bytes, bool swap) {
  Header h;
  std::memcpy(&h, bytes, sizeof(Header));
  const auto in = [swap](auto value) { return swap ? swapped(value) : value; };
  Fields f;
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
  f.pair = h.magic[1] == 'i';
  return f;
}

Error bad(const fs::path& file, const std::string& what, ErrorKind kind = ErrorKind::Input) {
  return {kind, file.string() + ": " + what};
}

/// Reads the first bytes and finds version and byte order.
Fields read_fields(const fs::path& file, NiftiHeader& header) {
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
    header.other_endian = length != 540;
    return fields_of<nifti_2_header>(bytes.data(), header.other_endian);
  }
  if (length == 348 || other == 348) {
    if (!magic_at(344, '1')) {
      throw bad(file,
                "is an ANALYZE 7.5 file, which does not say left from right; convert it to NIfTI where that "
                "is known");
    }
    header.other_endian = length != 348;
    return fields_of<nifti_1_header>(bytes.data(), header.other_endian);
  }
  throw bad(file, "is not a NIfTI file");
}

bool finite(const Affine& a) {
  return std::all_of(a.matrix.begin(), a.matrix.end(), [](double v) { return std::isfinite(v); }) &&
         std::all_of(a.offset.begin(), a.offset.end(), [](double v) { return std::isfinite(v); });
}

bool usable(const Affine& a) {
  if (!finite(a)) return false;
  double scale = 1.0;
  for (int axis = 0; axis < 3; ++axis)
    scale *= std::hypot(a.column(axis)[0], a.column(axis)[1], a.column(axis)[2]);
  return std::abs(a.determinant()) > 1e-6 * scale && scale > 0.0;
}

std::optional<Vec3> spacing_of(const Fields& f) {
  Vec3 spacing{};
  for (std::size_t a = 0; a < 3; ++a) {
    spacing[a] = std::abs(f.pixdim[a + 1]);
    if (!std::isfinite(spacing[a]) || spacing[a] == 0.0) return std::nullopt;
  }
  return spacing;
}

std::optional<Affine> sform_of(const Fields& f) {
  if (f.sform <= 0) return std::nullopt;
  const auto& s = f.srow;
  const Affine a{{s[0], s[1], s[2], s[4], s[5], s[6], s[8], s[9], s[10]}, {s[3], s[7], s[11]}};
  if (!usable(a)) return std::nullopt;
  return a;
}

std::optional<Affine> qform_of(const Fields& f) {
  const auto spacing = spacing_of(f);
  if (f.qform <= 0 || !spacing) return std::nullopt;
  const Affine a = affine_from_quaternion(f.quaternion, f.qoffset, *spacing, f.pixdim[0] < 0.0 ? -1.0 : 1.0);
  if (!usable(a)) return std::nullopt;
  return a;
}

/// The largest distance between where the two put a corner of the box.
double disagreement_mm(const Affine& a, const Affine& b, const core::Index3& size) {
  double worst = 0.0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    Vec3 at{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      at[axis] = (corner >> axis & 1U) != 0 ? static_cast<double>(size[axis] - 1) : 0.0;
    }
    const Vec3 p = a(at);
    const Vec3 q = b(at);
    worst = std::max(worst, std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
  }
  return worst;
}

/// Millimetres a unit, by the three low bits of xyzt_units.
double unit_mm(int units, std::vector<std::string>& notes) {
  switch (units & 7) {
    case NIFTI_UNITS_METER:
      notes.emplace_back("coordinates are in metres by the header: turned into millimetres");
      return 1000.0;
    case NIFTI_UNITS_MICRON:
      notes.emplace_back("coordinates are in micrometres by the header: turned into millimetres");
      return 0.001;
    default:
      return 1.0;
  }
}

Affine world_from_voxel(const fs::path& file, const Fields& f, const core::Index3& size,
                        std::vector<std::string>& notes) {
  const auto sform = sform_of(f);
  const auto qform = qform_of(f);
  const auto spacing = spacing_of(f);
  if (!spacing) notes.emplace_back("pixdim is not a spacing (zero or not a number): it was not used");
  if (f.sform > 0 && !sform) notes.emplace_back("the sform is singular or not finite: it was not used");
  Affine ras;
  if (sform) {
    ras = *sform;
    if (qform && disagreement_mm(*sform, *qform, size) > 0.1) {
      notes.emplace_back("sform and qform disagree: sform taken");
    }
  } else if (qform) {
    ras = *qform;
    notes.emplace_back("qform taken, no usable sform");
  } else {
    if (!spacing) {
      throw bad(file,
                "has no usable sform, qform or pixdim, so its place and voxel size are unknown; convert it "
                "again from DICOM",
                ErrorKind::Geometry);
    }
    notes.emplace_back(
        "no usable sform or qform: orientation unknown, axes taken as right, front, up; check left and "
        "right");
    ras.matrix = {(*spacing)[0], 0, 0, 0, (*spacing)[1], 0, 0, 0, (*spacing)[2]};
  }
  const double mm = unit_mm(f.units, notes);
  for (double& v : ras.matrix) v *= mm;
  for (double& v : ras.offset) v *= mm;
  return flip_ras_lps(ras);
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
    case DT_RGB24:
    case DT_RGBA32:
      throw bad(file, "holds colours; a scan with one real number a voxel is needed");
    case DT_COMPLEX64:
    case DT_COMPLEX128:
    case DT_COMPLEX256:
      throw bad(file, "holds complex numbers; give the magnitude image");
    default:
      throw bad(file, "has the voxel type " + std::to_string(datatype) + ", which cannot be read");
  }
}

void read_sizes(const fs::path& file, const Fields& f, NiftiHeader& header) {
  if (f.dim[0] < 1 || f.dim[0] > 7) {
    throw bad(file, "says it has " + std::to_string(f.dim[0]) + " axes; the header is damaged");
  }
  header.grid.size = {1, 1, 1};
  for (std::size_t a = 1; a <= static_cast<std::size_t>(f.dim[0]); ++a) {
    if (f.dim[a] < 1)
      throw bad(file, "says that axis " + std::to_string(a) + " has " + std::to_string(f.dim[a]) +
                          " voxels; the header is damaged");
    if (a <= 3) {
      header.grid.size[a - 1] = f.dim[a];
    } else if (f.dim[a] > (std::int64_t{1} << 40) / header.volumes) {
      throw bad(file, "says it has more volumes than any file holds; the header is damaged");
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
    if (fs::is_regular_file(stem + ending)) return stem + ending;
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

core::Grid rounded_to_float(const core::Grid& grid) {
  core::Grid rounded = grid;
  const auto round = [](double v) { return static_cast<double>(static_cast<float>(v)); };
  for (double& v : rounded.world_from_voxel.matrix) v = round(v);
  for (double& v : rounded.world_from_voxel.offset) v = round(v);
  return rounded;
}

Affine flip_ras_lps(const Affine& world_from_voxel) {
  Affine flipped = world_from_voxel;
  for (std::size_t at = 0; at < 6; ++at)
    flipped.matrix[at] = 0.0 - flipped.matrix[at];  // 0 - x: no negative zero
  for (std::size_t row = 0; row < 2; ++row) flipped.offset[row] = 0.0 - flipped.offset[row];
  return flipped;
}

Affine affine_from_quaternion(const Vec3& bcd, const Vec3& offset, const Vec3& spacing_mm, double qfac) {
  double b = bcd[0];
  double c = bcd[1];
  double d = bcd[2];
  double a = 1.0 - (b * b + c * c + d * d);
  if (a < 1e-7) {  // a half turn: a is zero up to rounding, so the rest is normalised (nifti1.h, method 2)
    const double norm = std::sqrt(b * b + c * c + d * d);
    b /= norm;
    c /= norm;
    d /= norm;
    a = 0.0;
  } else {
    a = std::sqrt(a);
  }
  const double x = spacing_mm[0];
  const double y = spacing_mm[1];
  const double z = spacing_mm[2] * qfac;
  return {{(a * a + b * b - c * c - d * d) * x, 2 * (b * c - a * d) * y, 2 * (b * d + a * c) * z,
           2 * (b * c + a * d) * x, (a * a + c * c - b * b - d * d) * y, 2 * (c * d - a * b) * z,
           2 * (b * d - a * c) * x, 2 * (c * d + a * b) * y, (a * a + d * d - c * c - b * b) * z},
          offset};
}

NiftiHeader read_nifti_header(const fs::path& file) {
  NiftiHeader header;
  const Fields f = read_fields(file, header);
  read_sizes(file, f, header);
  header.stored = stored_of(file, f.datatype);
  header.grid.world_from_voxel = world_from_voxel(file, f, header.grid.size, header.notes);
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
    throw bad(file, "says that its voxels start nowhere (vox_offset); the header is damaged");
  }
  header.voxel_offset = static_cast<std::uintmax_t>(f.vox_offset);
  if (!f.pair) header.voxel_offset = std::max<std::uintmax_t>(header.voxel_offset, 348);

  const std::uintmax_t most = GzipReader(header.voxel_file).most_bytes();
  const double need = static_cast<double>(header.grid.voxel_count()) *
                          static_cast<double>(byte_count(header.stored)) *
                          static_cast<double>(header.volumes) +
                      static_cast<double>(header.voxel_offset);
  if (need > static_cast<double>(most)) {
    throw bad(file, "its header asks for more voxels than the file can hold; it is cut short or damaged");
  }
  return header;
}

}  // namespace isoscan::io
