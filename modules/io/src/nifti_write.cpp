#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <tuple>
#include <type_traits>

#include <boost/algorithm/string/predicate.hpp>
#include <nifti/nifti1.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"

#include "gzip_file.hpp"
#include "nifti_affine.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Affine;
using core::Error;
using core::ErrorKind;
using core::Vec3;

namespace {

struct Quaternion {
  Vec3 bcd{};
  double qfac = 1.0;
};

/// Rotation to quaternion, the largest of the four parts first (as in nifti1.h's nifti_mat44_to_quatern).
Vec3 quaternion_of(const std::array<double, 9>& r) {
  double a = r[0] + r[4] + r[8] + 1.0;
  double b = 0;
  double c = 0;
  double d = 0;
  if (a > 0.5) {
    a = 0.5 * std::sqrt(a);
    return {0.25 * (r[7] - r[5]) / a, 0.25 * (r[2] - r[6]) / a, 0.25 * (r[3] - r[1]) / a};
  }
  const double xd = 1.0 + r[0] - (r[4] + r[8]);
  const double yd = 1.0 + r[4] - (r[0] + r[8]);
  const double zd = 1.0 + r[8] - (r[0] + r[4]);
  if (xd > 1.0) {
    b = 0.5 * std::sqrt(xd);
    c = 0.25 * (r[1] + r[3]) / b;
    d = 0.25 * (r[2] + r[6]) / b;
    a = 0.25 * (r[7] - r[5]) / b;
  } else if (yd > 1.0) {
    c = 0.5 * std::sqrt(yd);
    b = 0.25 * (r[1] + r[3]) / c;
    d = 0.25 * (r[5] + r[7]) / c;
    a = 0.25 * (r[2] - r[6]) / c;
  } else {
    d = 0.5 * std::sqrt(zd);
    b = 0.25 * (r[2] + r[6]) / d;
    c = 0.25 * (r[5] + r[7]) / d;
    a = 0.25 * (r[3] - r[1]) / d;
  }
  if (a < 0.0) return {-b, -c, -d};
  return {b, c, d};
}

/// Nothing where the axes are not at right angles: a qform would put a corner more than 0.01 mm away.
std::optional<Quaternion> quaternion_for(const Affine& ras, const Vec3& spacing_mm,
                                         const core::Index3& size) {
  Quaternion q;
  q.qfac = ras.determinant() < 0.0 ? -1.0 : 1.0;
  std::array<double, 9> rotation{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t col = 0; col < 3; ++col) {
      rotation[3 * row + col] = ras.matrix[3 * row + col] / spacing_mm[col] * (col == 2 ? q.qfac : 1.0);
    }
  }
  const Vec3 bcd = quaternion_of(rotation);
  for (std::size_t i = 0; i < 3; ++i) {
    if (!std::isfinite(bcd[i])) return std::nullopt;
    q.bcd[i] = static_cast<double>(static_cast<float>(bcd[i]));
  }
  const Affine back = affine_from_quaternion(q.bcd, ras.offset, spacing_mm, q.qfac);
  double off_mm = 0.0;
  for (std::size_t row = 0; row < 3; ++row) {
    double worst = 0.0;
    for (std::size_t col = 0; col < 3; ++col) {
      worst +=
          std::abs(back.matrix[3 * row + col] - ras.matrix[3 * row + col]) * static_cast<double>(size[col]);
    }
    off_mm = std::max(off_mm, worst);
  }
  if (off_mm > 0.01) return std::nullopt;
  return q;
}

nifti_1_header header_for(const fs::path& file, const core::Grid& grid, std::int16_t datatype,
                          std::int16_t bits) {
  if (const std::string problem = grid.problem(); !problem.empty()) {
    throw Error(ErrorKind::Geometry, file.string() + ": cannot be written: " + problem);
  }
  const Affine ras = flip_ras_lps(rounded_to_float(grid).world_from_voxel);
  nifti_1_header h;
  std::memset(&h, 0, sizeof(h));
  h.sizeof_hdr = 348;
  h.regular = 'r';
  h.dim[0] = 3;
  h.pixdim[0] = 1.0F;
  const Vec3 spacing = core::Grid{grid.size, ras}.spacing_mm();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (grid.size[axis] > 32767) {
      throw Error(ErrorKind::Geometry,
                  file.string() + ": cannot be written: NIfTI-1 holds at most 32767 voxels along an axis");
    }
    h.dim[axis + 1] = static_cast<short>(grid.size[axis]);
    h.pixdim[axis + 1] = static_cast<float>(spacing[axis]);
  }
  for (std::size_t axis = 4; axis < 8; ++axis) h.dim[axis] = 1;
  h.datatype = datatype;
  h.bitpix = bits;
  h.vox_offset = 352.0F;
  h.scl_slope = 1.0F;
  h.xyzt_units = NIFTI_UNITS_MM;
  h.sform_code = NIFTI_XFORM_SCANNER_ANAT;
  for (std::size_t col = 0; col < 3; ++col) {
    h.srow_x[col] = static_cast<float>(ras.matrix[col]);
    h.srow_y[col] = static_cast<float>(ras.matrix[3 + col]);
    h.srow_z[col] = static_cast<float>(ras.matrix[6 + col]);
  }
  h.srow_x[3] = h.qoffset_x = static_cast<float>(ras.offset[0]);
  h.srow_y[3] = h.qoffset_y = static_cast<float>(ras.offset[1]);
  h.srow_z[3] = h.qoffset_z = static_cast<float>(ras.offset[2]);
  const Vec3 stored_spacing{h.pixdim[1], h.pixdim[2], h.pixdim[3]};
  if (const auto q = quaternion_for(ras, stored_spacing, grid.size)) {
    h.qform_code = NIFTI_XFORM_SCANNER_ANAT;
    h.pixdim[0] = static_cast<float>(q->qfac);
    h.quatern_b = static_cast<float>(q->bcd[0]);
    h.quatern_c = static_cast<float>(q->bcd[1]);
    h.quatern_d = static_cast<float>(q->bcd[2]);
  }
  std::memcpy(h.magic, "n+1", 4);
  return h;
}

/// `fill` makes `count` stored numbers at a time, and says how many: none at the end.
template <typename Stored>
void write_file(const fs::path& file, const nifti_1_header& header, std::size_t most,
                const std::function<std::size_t(Stored* numbers)>& fill) {
  const bool compress = boost::algorithm::iends_with(file.string(), ".gz");
  core::write_file_with(file, [&](const fs::path& staging) {
    GzipWriter writer(staging, compress);
    writer.write(&header, sizeof(header));
    constexpr std::array<char, 4> no_extension{};
    writer.write(no_extension.data(), no_extension.size());
    std::vector<Stored> block(most);
    while (const std::size_t count = fill(block.data())) writer.write(block.data(), count * sizeof(Stored));
    writer.close();
  });
}

/// `convert` makes the stored number of each voxel, block by block: a volume is held once.
template <typename Stored, typename Voxel, typename Convert>
void write_voxels(const fs::path& file, const nifti_1_header& header, const std::vector<Voxel>& voxels,
                  const Convert& convert) {
  constexpr std::size_t kBlock = std::size_t{1} << 16;
  std::size_t at = 0;
  write_file<Stored>(file, header, kBlock, [&](Stored* numbers) {
    const std::size_t count = std::min(kBlock, voxels.size() - at);
    std::transform(voxels.data() + at, voxels.data() + at + count, numbers, convert);
    at += count;
    return count;
  });
}

/// Slope and intercept for int16: 1 and 0 where that keeps every value, else the range spread over 65535
/// steps.
std::pair<float, float> int16_scaling(const std::vector<float>& voxels) {
  const auto [low, high] = std::minmax_element(voxels.begin(), voxels.end());
  const bool whole =
      std::all_of(voxels.begin(), voxels.end(), [](float v) { return v == std::nearbyint(v); });
  if (whole && *low >= -32768.0F && *high <= 32767.0F) return {1.0F, 0.0F};
  const double slope = (static_cast<double>(*high) - static_cast<double>(*low)) / 65534.0;
  const double middle = 0.5 * (static_cast<double>(*high) + static_cast<double>(*low));
  if (slope < 1e-30) return {1.0F, *low};  // constant: the intercept says it all
  return {static_cast<float>(slope), static_cast<float>(middle)};
}

template <typename T>
T rounded(double value) {
  const double low = std::numeric_limits<T>::min();
  const double high = std::numeric_limits<T>::max();
  return static_cast<T>(std::clamp(std::nearbyint(value), low, high));
}

void require_finite(const fs::path& file, const std::vector<float>& voxels) {
  if (!std::all_of(voxels.begin(), voxels.end(), [](float v) { return std::isfinite(v); })) {
    throw Error(ErrorKind::Numeric, file.string() + ": not written, a voxel is not a finite number");
  }
}

}  // namespace

void write_nifti(const fs::path& file, const core::Volume& volume, NiftiType type) {
  require_finite(file, volume.voxels);
  switch (type) {
    case NiftiType::Float32:
      write_voxels<float>(file, header_for(file, volume.grid, DT_FLOAT32, 32), volume.voxels,
                          [](float v) { return v; });
      return;
    case NiftiType::Int16: {
      nifti_1_header header = header_for(file, volume.grid, DT_INT16, 16);
      std::tie(header.scl_slope, header.scl_inter) = int16_scaling(volume.voxels);
      const auto slope = static_cast<double>(header.scl_slope);
      const auto intercept = static_cast<double>(header.scl_inter);
      write_voxels<std::int16_t>(file, header, volume.voxels, [&](float v) {
        return rounded<std::int16_t>((static_cast<double>(v) - intercept) / slope);
      });
      return;
    }
    case NiftiType::UInt8:
      write_voxels<std::uint8_t>(file, header_for(file, volume.grid, DT_UINT8, 8), volume.voxels,
                                 [](float v) { return rounded<std::uint8_t>(static_cast<double>(v)); });
      return;
  }
}

void write_nifti(const fs::path& file, const core::Mask& mask) {
  write_voxels<std::uint8_t>(file, header_for(file, mask.grid, DT_UINT8, 8), mask.voxels,
                             [](std::uint8_t v) { return v; });
}

void write_nifti(const fs::path& file, const core::Grid& grid, NiftiType type,
                 const std::function<void(std::size_t k, float* values)>& slice) {
  const auto plane = static_cast<std::size_t>(grid.size[0] * grid.size[1]);
  const auto slices = static_cast<std::size_t>(grid.size[2]);
  std::vector<float> values(plane);
  std::size_t k = 0;
  const auto write = [&](auto stored, std::int16_t datatype) {
    using Stored = decltype(stored);
    write_file<Stored>(file, header_for(file, grid, datatype, 8 * sizeof(Stored)), plane,
                       [&](Stored* numbers) -> std::size_t {
                         if (k == slices) return 0;
                         slice(k++, values.data());
                         require_finite(file, values);
                         std::transform(values.begin(), values.end(), numbers, [](float v) {
                           if constexpr (std::is_same_v<Stored, float>) {
                             return v;
                           } else {
                             return rounded<Stored>(static_cast<double>(v));
                           }
                         });
                         return plane;
                       });
  };
  if (type == NiftiType::Float32) write(float{}, DT_FLOAT32);
  if (type == NiftiType::Int16) write(std::int16_t{}, DT_INT16);
  if (type == NiftiType::UInt8) write(std::uint8_t{}, DT_UINT8);
}

}  // namespace isoscan::io
