/// @file Where the voxels of a NIfTI file lie: sform, qform, pixdim; RAS to LPS.
#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/grid.hpp"

#include "nifti_fields.hpp"

namespace isoscan::io {

/// LPS millimetres. The rule: the sform where its code is above 0 and it is finite and not singular, else the
/// qform on the same terms, else pixdim. An sform and a qform that put a corner of the box more than 0.1 mm
/// apart disagree: that is a warning with the millimetres. `notes` get what was chosen and why, `warnings`
/// those that somebody has to look at.
/// @throws Error(Geometry) where none is usable.
[[nodiscard]] core::Affine lps_from_voxel(const boost::filesystem::path& file, const NiftiFields& fields,
                                          const core::Index3& size, std::vector<std::string>& notes,
                                          std::vector<std::string>& warnings);

/// The nearest grid whose affine float32 holds: what a NIfTI file keeps.
[[nodiscard]] core::Grid rounded_to_float(const core::Grid& grid);

/// From NIfTI's RAS to LPS and back (the same flip of x and y).
[[nodiscard]] core::Affine flip_ras_lps(const core::Affine& world_from_voxel);

/// NIfTI's quaternion (method 2). qfac is 1 or -1.
[[nodiscard]] core::Affine affine_from_quaternion(const core::Vec3& bcd, const core::Vec3& offset,
                                                  const core::Vec3& spacing_mm, double qfac);

}  // namespace isoscan::io
