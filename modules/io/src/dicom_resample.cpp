#include "dicom_resample.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace isoscan::io {

namespace {

constexpr double kOnTheSpot = 1e-4;   // voxels: no interpolation is needed
constexpr double kEdgeVoxels = 0.01;  // a rounded position may lie this far outside

/// One axis of a slice: output voxel i reads between in + i and in + i + 1.
struct Axis {
  std::int64_t in = 0;
  float share = 0.0F;                 ///< of the higher neighbour
  std::int64_t first = 0, last = -1;  ///< output voxels that the slice holds
};

/// @param start  the slice's first pixel in output voxels
Axis axis_of(double start, std::int64_t pixels, std::int64_t out) {
  Axis axis;
  const double whole = std::floor(-start + kOnTheSpot);
  axis.in = static_cast<std::int64_t>(whole);
  axis.share = static_cast<float>(-start - whole);
  if (axis.share < kOnTheSpot) axis.share = 0.0F;
  axis.first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(start - kEdgeVoxels)));
  axis.last = std::min<std::int64_t>(
      out - 1, static_cast<std::int64_t>(std::floor(start + static_cast<double>(pixels - 1) + kEdgeVoxels)));
  return axis;
}

/// A slice as it lies on the output's rows and columns; what it does not hold is not-a-number.
void shift(const std::vector<float>& slice, std::int64_t columns, std::int64_t rows, const Axis& x,
           const Axis& y, std::int64_t out_columns, std::vector<float>& to) {
  std::fill(to.begin(), to.end(), std::numeric_limits<float>::quiet_NaN());
  const auto pixel = [&](std::int64_t column, std::int64_t row) {
    return slice[static_cast<std::size_t>(std::clamp<std::int64_t>(row, 0, rows - 1) * columns +
                                          std::clamp<std::int64_t>(column, 0, columns - 1))];
  };
  for (std::int64_t j = y.first; j <= y.last; ++j) {
    for (std::int64_t i = x.first; i <= x.last; ++i) {
      const std::int64_t column = x.in + i;
      const std::int64_t row = y.in + j;
      float value = pixel(column, row);
      if (x.share > 0.0F || y.share > 0.0F) {
        const float above = value + x.share * (pixel(column + 1, row) - value);
        const float left = pixel(column, row + 1);
        const float below = left + x.share * (pixel(column + 1, row + 1) - left);
        value = above + y.share * (below - above);
      }
      to[static_cast<std::size_t>(j * out_columns + i)] = value;
    }
  }
}

}  // namespace

std::size_t resample_slices(const PlacedStack& placed, std::size_t rows, std::size_t columns,
                            const std::function<void(std::size_t which, float* values)>& read,
                            core::Volume& volume) {
  const core::Index3& size = volume.grid.size;
  const core::Vec3 spacing = volume.grid.spacing_mm();
  const auto plane = static_cast<std::size_t>(size[0] * size[1]);
  std::vector<float> slice(rows * columns);
  std::vector<float> lower(plane);
  std::vector<float> upper(plane);
  float least = std::numeric_limits<float>::max();
  std::size_t next = 0;  // the slice that `upper` takes next
  const auto advance = [&] {
    std::swap(lower, upper);
    read(next, slice.data());
    least = std::min(least, *std::min_element(slice.begin(), slice.end()));
    const core::Vec3& at = placed.places_mm[next];
    const auto wide = static_cast<std::int64_t>(columns);
    const auto high = static_cast<std::int64_t>(rows);
    shift(slice, wide, high, axis_of(at[0] / spacing[0], wide, size[0]),
          axis_of(at[1] / spacing[1], high, size[1]), size[0], upper);
    ++next;
  };
  advance();
  advance();  // lower: slice 0, upper: slice 1
  for (std::int64_t k = 0; k < size[2]; ++k) {
    const double height = static_cast<double>(k) * spacing[2];
    while (next < placed.places_mm.size() && placed.places_mm[next - 1][2] < height) advance();
    const double low = placed.places_mm[next - 2][2];
    const double high = placed.places_mm[next - 1][2];
    const double share = std::clamp((height - low) / (high - low), 0.0, 1.0);
    float* const to = volume.voxels.data() + static_cast<std::size_t>(k) * plane;
    if (share < kOnTheSpot || share > 1.0 - kOnTheSpot) {
      const std::vector<float>& one = share < 0.5 ? lower : upper;
      std::copy(one.begin(), one.end(), to);
      continue;
    }
    for (std::size_t v = 0; v < plane; ++v)
      to[v] = lower[v] + static_cast<float>(share) * (upper[v] - lower[v]);
  }
  while (next < placed.places_mm.size()) advance();
  std::size_t outside = 0;
  for (float& v : volume.voxels) {
    if (!std::isnan(v)) continue;
    v = least;
    ++outside;
  }
  return outside;
}

}  // namespace isoscan::io
