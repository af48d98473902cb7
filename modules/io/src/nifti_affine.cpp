#include "nifti_affine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

#include <nifti/nifti1.h>

#include "isoscan/core/error.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Affine;
using core::Vec3;

namespace {

constexpr double kSamePlaceMm = 0.1;  // at the worst corner of the box

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

std::optional<Vec3> spacing_of(const NiftiFields& f) {
  Vec3 spacing{};
  for (std::size_t a = 0; a < 3; ++a) {
    spacing[a] = std::abs(f.pixdim[a + 1]);
    if (!std::isfinite(spacing[a]) || spacing[a] == 0.0) return std::nullopt;
  }
  return spacing;
}

std::optional<Affine> sform_of(const NiftiFields& f) {
  if (f.sform <= 0) return std::nullopt;
  const auto& s = f.srow;
  const Affine a{{s[0], s[1], s[2], s[4], s[5], s[6], s[8], s[9], s[10]}, {s[3], s[7], s[11]}};
  if (!usable(a)) return std::nullopt;
  return a;
}

std::optional<Affine> qform_of(const NiftiFields& f) {
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

/// "sform (code 2) and qform (code 1) disagree by up to 12.3 mm: the sform was taken".
std::string disagreement(const NiftiFields& f, const Affine& sform, const Affine& qform, double off_mm) {
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), "%.3g", off_mm);
  std::string text = "sform (code " + std::to_string(f.sform) + ") and qform (code " +
                     std::to_string(f.qform) + ") disagree by up to " + number.data() + " mm";
  if ((sform.determinant() < 0.0) != (qform.determinant() < 0.0))
    text += " and mirror each other: check left and right";
  return text + "; the sform was taken";
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

}  // namespace

Affine lps_from_voxel(const fs::path& file, const NiftiFields& f, const core::Index3& size,
                      std::vector<std::string>& notes, std::vector<std::string>& warnings) {
  const auto sform = sform_of(f);
  const auto qform = qform_of(f);
  const auto spacing = spacing_of(f);
  if (!spacing) notes.emplace_back("pixdim is not a spacing (zero or not a number): it was not used");
  if (f.sform > 0 && !sform) notes.emplace_back("the sform is singular or not finite: it was not used");
  if (f.qform > 0 && !qform && spacing) notes.emplace_back("the qform is not finite: it was not used");
  Affine ras;
  if (sform) {
    ras = *sform;
    if (const double off_mm = qform ? disagreement_mm(*sform, *qform, size) : 0.0; off_mm > kSamePlaceMm) {
      notes.push_back(disagreement(f, *sform, *qform, off_mm));
      warnings.push_back(notes.back());
    }
  } else if (qform) {
    ras = *qform;
    notes.emplace_back("qform taken, no usable sform");
  } else {
    if (!spacing) {
      throw core::Error(
          core::ErrorKind::Geometry,
          file.string() +
              ": "
              "has no usable sform, qform or pixdim, so its place and voxel size are unknown; convert it "
              "again from DICOM");
    }
    notes.emplace_back(
        "no usable sform or qform: orientation unknown, axes taken as right, front, up; check left and "
        "right");
    warnings.push_back(notes.back());
    ras.matrix = {(*spacing)[0], 0, 0, 0, (*spacing)[1], 0, 0, 0, (*spacing)[2]};
  }
  const double mm = unit_mm(f.units, notes);
  for (double& v : ras.matrix) v *= mm;
  for (double& v : ras.offset) v *= mm;
  return flip_ras_lps(ras);
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

}  // namespace isoscan::io
