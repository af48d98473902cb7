#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

#include "isoscan/core/smooth.hpp"

#include "effects.hpp"

namespace isoscan::phantom {

namespace {

/// Slices that were measured, one after the other, and where their centres lie along k.
struct Slices {
  std::vector<float> mean;
  std::vector<double> centre;
};

/// Without gaps: groups of `thick` voxels.
Slices touching_slices(const core::Volume& image, int thick) {
  const core::Grid& grid = image.grid;
  const std::int64_t slices = grid.size[2];
  const auto plane = static_cast<std::size_t>(grid.size[0] * grid.size[1]);
  const std::int64_t groups = (slices + thick - 1) / thick;
  std::vector<float> mean(plane * static_cast<std::size_t>(groups), 0.0F);
  std::vector<double> centre(static_cast<std::size_t>(groups));
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int64_t first = g * thick;
    const std::int64_t end = std::min<std::int64_t>(slices, first + thick);
    centre[static_cast<std::size_t>(g)] = 0.5 * static_cast<double>(first + end - 1);
    float* out = mean.data() + static_cast<std::size_t>(g) * plane;
    for (std::int64_t k = first; k < end; ++k) {
      const float* in = image.voxels.data() + static_cast<std::size_t>(k) * plane;
      for (std::size_t n = 0; n < plane; ++n) out[n] += in[n];
    }
    const auto share = 1.0F / static_cast<float>(end - first);
    for (std::size_t n = 0; n < plane; ++n) out[n] *= share;
  }
  return {std::move(mean), std::move(centre)};
}

/// Slice g covers g (thick + gap) - 0.5 and `thick` on, in voxels; a voxel counts with the part of it inside.
Slices parted_slices(const core::Volume& image, int thick, double gap) {
  const core::Grid& grid = image.grid;
  const auto plane = static_cast<std::size_t>(grid.size[0] * grid.size[1]);
  const double end = static_cast<double>(grid.size[2]) - 0.5;
  Slices out;
  for (double low = -0.5; low < end - 1e-9; low += thick + gap) {
    const double high = std::min(low + thick, end);
    std::vector<double> sum(plane, 0.0);
    for (auto k = static_cast<std::int64_t>(std::floor(low + 0.5)); k < grid.size[2]; ++k) {
      const double share =
          std::min(high, static_cast<double>(k) + 0.5) - std::max(low, static_cast<double>(k) - 0.5);
      if (share <= 0.0) break;
      const float* in = image.voxels.data() + static_cast<std::size_t>(k) * plane;
      for (std::size_t n = 0; n < plane; ++n) sum[n] += share * in[n];
    }
    for (const double s : sum) out.mean.push_back(static_cast<float>(s / (high - low)));
    out.centre.push_back(0.5 * (low + high));
  }
  return out;
}

void interpolate(core::Volume& image, const Slices& slices) {
  const auto& [mean, centre] = slices;
  const auto plane = static_cast<std::size_t>(image.grid.size[0] * image.grid.size[1]);
  std::size_t below = 0;
  for (std::int64_t k = 0; k < image.grid.size[2]; ++k) {
    const auto position = static_cast<double>(k);
    while (below + 1 < centre.size() && centre[below + 1] <= position) ++below;
    const std::size_t above = std::min(below + 1, centre.size() - 1);
    double t = 0.0;
    if (above > below) t = std::clamp((position - centre[below]) / (centre[above] - centre[below]), 0.0, 1.0);
    const auto w = static_cast<float>(t);
    const float* a = mean.data() + below * plane;
    const float* b = mean.data() + above * plane;
    float* out = image.voxels.data() + static_cast<std::size_t>(k) * plane;
    for (std::size_t n = 0; n < plane; ++n) out[n] = (1.0F - w) * a[n] + w * b[n];
  }
}

/// Ideal low-pass at `kept` of the Nyquist frequency, cut at a zero of the sinc.
std::vector<float> low_pass(double kept) {
  constexpr int kReach = 32;
  std::vector<double> weights;
  double sum = 0.0;
  for (int n = -kReach; n <= kReach; ++n) {
    const double x = std::numbers::pi * kept * n;
    weights.push_back(n == 0 ? 1.0 : std::sin(x) / x);
    sum += weights.back();
  }
  std::vector<float> kernel;
  for (const double w : weights) kernel.push_back(static_cast<float>(w / sum));
  return kernel;
}

}  // namespace

void apply_thick_slices(core::Volume& image, int thick, double gap) {
  if ((thick <= 1 && gap <= 0.0) || image.grid.size[2] <= 1) return;
  interpolate(image, gap > 0.0 ? parted_slices(image, thick, gap) : touching_slices(image, thick));
}

void apply_ringing(core::Volume& image, const std::array<double, 3>& share, double kspace_kept,
                   const core::Context& context) {
  if (share == std::array<double, 3>{0, 0, 0}) return;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (share[axis] <= 0.0 || image.grid.size[axis] == 1) continue;
    context.check_stop();
    std::vector<float> kernel = low_pass(kspace_kept);
    for (float& w : kernel) w *= static_cast<float>(share[axis]);
    kernel[kernel.size() / 2] += static_cast<float>(1.0 - share[axis]);
    core::convolve_axis(image, static_cast<int>(axis), kernel, context.threads);
  }
  for (float& v : image.voxels) v = std::abs(v);
}

void apply_ghost(core::Volume& image, double strength, int axis, double shift) {
  if (strength <= 0.0) return;
  const core::Grid& grid = image.grid;
  const auto a = static_cast<std::size_t>(axis);
  const auto by = static_cast<std::int64_t>(std::llround(shift * static_cast<double>(grid.size[a])));
  const core::Volume whole = image;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        core::Index3 from{i, j, k};
        from[a] = (from[a] + by) % grid.size[a];
        image.at(i, j, k) += static_cast<float>(strength) * whole.at(from[0], from[1], from[2]);
      }
    }
  }
}

}  // namespace isoscan::phantom
