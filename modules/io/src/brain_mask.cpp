#include "isoscan/io/brain_mask.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

/// "176 x 256 x 256 voxels of 1 x 1 x 1 mm"
std::string in_words(const core::Grid& grid) {
  const core::Vec3 mm = grid.spacing_mm();
  std::string sizes;
  std::string spacings;
  for (std::size_t a = 0; a < 3; ++a) {
    const char* times = a > 0 ? " x " : "";
    sizes += times + std::to_string(grid.size[a]);
    spacings += times + number(mm[a]);
  }
  return sizes + " voxels of " + spacings + " mm";
}

/// Whether the corners of one are corners of the other: then so are all voxels, in some order.
bool same_voxels(const core::Grid& mask, const core::Grid& scan, const core::Affine& mask_from_scan) {
  constexpr double kOff = 0.1;
  if (mask.voxel_count() != scan.voxel_count()) return false;
  for (unsigned corner = 0; corner < 8; ++corner) {
    core::Vec3 at{};
    for (std::size_t a = 0; a < 3; ++a)
      at[a] = (corner >> a & 1U) != 0 ? static_cast<double>(scan.size[a] - 1) : 0.0;
    const core::Vec3 there = mask_from_scan(at);
    for (std::size_t a = 0; a < 3; ++a) {
      const double last = static_cast<double>(mask.size[a] - 1);
      if (!(std::abs(there[a]) <= kOff) && !(std::abs(there[a] - last) <= kOff)) return false;
    }
  }
  return true;
}

}  // namespace

core::Mask read_brain_mask(const fs::path& file, const core::Grid& scan) {
  const core::Volume stored = read_nifti(file).volume;
  const auto refuse = [&](const std::string& what, ErrorKind kind = ErrorKind::Input) {
    // The name again: reports that travel show the path as "source/mask".
    throw Error(kind, file.string() + ": the brain mask " + file.filename().string() + " " + what);
  };
  std::set<float> values;
  for (const float v : stored.voxels) {
    if (v != 0.0F && values.size() < 3) values.insert(v);
  }
  if (values.empty()) refuse("is empty: give one that covers the brain, or leave it out");
  if (values.size() > 1) {
    refuse("must hold 0 and one other value, and holds several (" + number(*values.begin()) + ", " +
           number(*std::next(values.begin())) + (values.size() > 2 ? ", ..." : "") +
           "): make it 0 outside the brain and 1 inside, or leave it out");
  }
  const core::Affine mask_from_scan = stored.grid.world_from_voxel.inverse() * scan.world_from_voxel;
  if (!same_voxels(stored.grid, scan, mask_from_scan)) {
    refuse("lies on another grid than its scan (" + in_words(stored.grid) + "; the scan: " + in_words(scan) +
               "; or elsewhere): resample it onto the scan by nearest neighbour, or leave it out",
           ErrorKind::Geometry);
  }
  core::Mask mask(scan);
  for (std::int64_t k = 0; k < scan.size[2]; ++k) {
    for (std::int64_t j = 0; j < scan.size[1]; ++j) {
      for (std::int64_t i = 0; i < scan.size[0]; ++i) {
        const core::Vec3 at =
            mask_from_scan({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const float value = stored.at(std::llround(at[0]), std::llround(at[1]), std::llround(at[2]));
        mask.voxels[scan.index(i, j, k)] = value != 0.0F ? 1 : 0;
      }
    }
  }
  return mask;
}

}  // namespace isoscan::io
