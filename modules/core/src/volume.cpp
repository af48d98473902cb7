#include "isoscan/core/volume.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "isoscan/core/error.hpp"

namespace isoscan::core {

Volume::Volume(const Grid& on, std::vector<float> values) : grid(on), voxels(std::move(values)) {
  if (voxels.size() != grid.voxel_count()) {
    throw Error(ErrorKind::Internal, "a volume of " + std::to_string(grid.voxel_count()) +
                                         " voxels was given " + std::to_string(voxels.size()) + " values");
  }
}

std::size_t Mask::count() const {
  std::size_t n = 0;
  for (const std::uint8_t v : voxels) n += v != 0 ? 1 : 0;
  return n;
}

double Mask::volume_ml() const {
  return static_cast<double>(count()) * grid.voxel_volume_mm3() / 1000.0;
}

Mask above(const Volume& volume, float threshold) {
  Mask mask(volume.grid);
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) mask.voxels[n] = volume.voxels[n] > threshold ? 1 : 0;
  return mask;
}

double quantile(std::vector<float>& values, double q) {
  if (values.empty()) throw Error(ErrorKind::Numeric, "a quantile of no values");
  const double at = std::clamp(q, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::ptrdiff_t>(std::floor(at));
  std::nth_element(values.begin(), values.begin() + low, values.end());
  const double below = values[static_cast<std::size_t>(low)];
  if (static_cast<std::size_t>(low) + 1 >= values.size()) return below;
  const double next = *std::min_element(values.begin() + low + 1, values.end());
  return below + (at - static_cast<double>(low)) * (next - below);
}

std::vector<float> values_in(const Volume& volume, const Mask& mask) {
  require_same_grid(volume.grid, mask.grid, "mask");
  std::vector<float> values;
  values.reserve(mask.count());
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) values.push_back(volume.voxels[n]);
  }
  return values;
}

void require_same_grid(const Grid& a, const Grid& b, const char* what) {
  if (!(a == b)) throw Error(ErrorKind::Geometry, std::string(what) + ": the grids differ");
}

}  // namespace isoscan::core
