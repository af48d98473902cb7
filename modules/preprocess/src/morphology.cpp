#include "isoscan/preprocess/morphology.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "isoscan/core/error.hpp"

namespace isoscan::preprocess {

namespace {

constexpr float kFar = std::numeric_limits<float>::infinity();
// Radii are often whole spacings: a voxel exactly that far away belongs to the ball whatever the rounding.
constexpr double kRoundingMm = 1e-4;

/// The lower envelope of parabolas along one line (Felzenszwalb and Huttenlocher 2012, algorithm DT).
class LineTransform {
 public:
  LineTransform(std::size_t longest, double spacing)
      : value_(longest), vertex_(longest), height_(longest), boundary_(longest + 1), spacing_(spacing) {}

  /// Squared distances in place; `line` starts the line, its elements are `stride` apart.
  void operator()(float* line, std::size_t count, std::size_t stride) {
    std::size_t parabolas = 0;
    for (std::size_t q = 0; q < count; ++q) {
      const float f = line[q * stride];
      if (f == kFar) continue;
      const double x = static_cast<double>(q) * spacing_;
      const double h = f + x * x;
      double from = -std::numeric_limits<double>::infinity();
      while (parabolas > 0) {
        const double v = vertex_[parabolas - 1];
        from = (h - height_[parabolas - 1]) / (2.0 * (x - v));
        if (from > boundary_[parabolas - 1]) break;
        --parabolas;
      }
      if (parabolas == 0) from = -std::numeric_limits<double>::infinity();
      vertex_[parabolas] = x;
      height_[parabolas] = h;
      value_[parabolas] = f;
      boundary_[parabolas] = from;
      ++parabolas;
    }
    if (parabolas == 0) return;
    std::size_t at = 0;
    for (std::size_t q = 0; q < count; ++q) {
      const double x = static_cast<double>(q) * spacing_;
      while (at + 1 < parabolas && boundary_[at + 1] < x) ++at;
      const double d = x - vertex_[at];
      line[q * stride] = static_cast<float>(d * d + value_[at]);
    }
  }

 private:
  std::vector<double> value_, vertex_, height_, boundary_;
  double spacing_;
};

/// Squared distance in mm^2 to the nearest voxel whose value is `target`.
std::vector<float> squared_distance(const core::Mask& mask, bool target) {
  const auto& size = mask.grid.size;
  const core::Vec3 spacing = mask.grid.spacing_mm();
  std::vector<float> d(mask.voxels.size());
  for (std::size_t n = 0; n < d.size(); ++n) d[n] = (mask.voxels[n] != 0) == target ? 0.0F : kFar;
  std::array<std::size_t, 3> stride{1, static_cast<std::size_t>(size[0]), 0};
  stride[2] = stride[1] * static_cast<std::size_t>(size[1]);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto count = static_cast<std::size_t>(size[axis]);
    LineTransform transform(count, spacing[axis]);
    const std::size_t a = axis == 0 ? 1 : 0;
    const std::size_t b = axis == 2 ? 1 : 2;
    for (std::size_t y = 0; y < static_cast<std::size_t>(size[b]); ++y) {
      for (std::size_t x = 0; x < static_cast<std::size_t>(size[a]); ++x) {
        transform(d.data() + y * stride[b] + x * stride[a], count, stride[axis]);
      }
    }
  }
  return d;
}

double squared_radius(double radius_mm) {
  if (!std::isfinite(radius_mm) || radius_mm < 0.0) {
    throw core::Error(core::ErrorKind::Config, "the radius must be 0 or a positive number of millimetres");
  }
  return (radius_mm + kRoundingMm) * (radius_mm + kRoundingMm);
}

/// Marks in `label` what is connected with `seeds` through voxels whose label is `from`; returns how many.
std::size_t flood(std::vector<std::uint32_t>& label, const core::Index3& size,
                  std::vector<std::size_t>& seeds, std::uint32_t from, std::uint32_t to) {
  const auto nx = static_cast<std::size_t>(size[0]);
  const auto ny = static_cast<std::size_t>(size[1]);
  const auto nz = static_cast<std::size_t>(size[2]);
  const std::size_t plane = nx * ny;
  std::size_t count = 0;
  const auto visit = [&](std::size_t n) {
    if (label[n] == from) {
      label[n] = to;
      ++count;
      seeds.push_back(n);
    }
  };
  std::vector<std::size_t> start;
  start.swap(seeds);
  for (const std::size_t n : start) visit(n);
  while (!seeds.empty()) {
    const std::size_t n = seeds.back();
    seeds.pop_back();
    const std::size_t x = n % nx;
    const std::size_t y = n / nx % ny;
    const std::size_t z = n / plane;
    if (x > 0) visit(n - 1);
    if (x + 1 < nx) visit(n + 1);
    if (y > 0) visit(n - nx);
    if (y + 1 < ny) visit(n + nx);
    if (z > 0) visit(n - plane);
    if (z + 1 < nz) visit(n + plane);
  }
  return count;
}

}  // namespace

core::Mask erode(const core::Mask& mask, double radius_mm) {
  const double limit = squared_radius(radius_mm);
  const std::vector<float> d = squared_distance(mask, false);
  core::Mask out(mask.grid);
  for (std::size_t n = 0; n < d.size(); ++n) out.voxels[n] = mask.voxels[n] != 0 && d[n] > limit ? 1 : 0;
  return out;
}

core::Mask dilate(const core::Mask& mask, double radius_mm) {
  const double limit = squared_radius(radius_mm);
  const std::vector<float> d = squared_distance(mask, true);
  core::Mask out(mask.grid);
  for (std::size_t n = 0; n < d.size(); ++n) out.voxels[n] = d[n] <= limit ? 1 : 0;
  return out;
}

core::Mask fill_holes(const core::Mask& mask) {
  const auto& size = mask.grid.size;
  std::vector<std::uint32_t> label(mask.voxels.begin(), mask.voxels.end());
  std::vector<std::size_t> border;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const bool whole_row = k == 0 || j == 0 || k + 1 == size[2] || j + 1 == size[1];
      const std::int64_t step = whole_row || size[0] == 1 ? 1 : size[0] - 1;
      for (std::int64_t i = 0; i < size[0]; i += step) border.push_back(mask.grid.index(i, j, k));
    }
  }
  constexpr std::uint32_t kOutside = 2;
  flood(label, size, border, 0, kOutside);
  core::Mask out(mask.grid);
  for (std::size_t n = 0; n < label.size(); ++n) out.voxels[n] = label[n] == kOutside ? 0 : 1;
  return out;
}

core::Mask largest_component(const core::Mask& mask) {
  std::vector<std::uint32_t> label(mask.voxels.size());
  for (std::size_t n = 0; n < label.size(); ++n) label[n] = mask.voxels[n] != 0 ? 1 : 0;
  std::uint32_t next = 2;
  std::uint32_t best = 0;
  std::size_t best_count = 0;
  std::vector<std::size_t> seeds;
  for (std::size_t n = 0; n < label.size(); ++n) {
    if (label[n] != 1) continue;
    seeds.assign(1, n);
    const std::size_t count = flood(label, mask.grid.size, seeds, 1, next);
    if (count > best_count) {
      best_count = count;
      best = next;
    }
    ++next;
  }
  core::Mask out(mask.grid);
  for (std::size_t n = 0; n < label.size(); ++n) out.voxels[n] = best != 0 && label[n] == best ? 1 : 0;
  return out;
}

core::Volume distance_to(const core::Mask& mask) {
  core::Volume out(mask.grid, squared_distance(mask, true));
  for (float& d : out.voxels) d = std::sqrt(d);
  return out;
}

double dice(const core::Mask& a, const core::Mask& b) {
  core::require_same_grid(a.grid, b.grid, "Dice");
  std::size_t both = 0;
  std::size_t sum = 0;
  for (std::size_t n = 0; n < a.voxels.size(); ++n) {
    const bool in_a = a.voxels[n] != 0;
    const bool in_b = b.voxels[n] != 0;
    both += in_a && in_b ? 1 : 0;
    sum += (in_a ? 1 : 0) + (in_b ? 1 : 0);
  }
  return sum == 0 ? 1.0 : 2.0 * static_cast<double>(both) / static_cast<double>(sum);
}

}  // namespace isoscan::preprocess
