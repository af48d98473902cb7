#include "brain_basin.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/resample.hpp"

namespace isoscan::preprocess {

namespace {

constexpr std::uint8_t kUnknown = 0;
constexpr std::uint8_t kBrain = 1;
constexpr std::uint8_t kOther = 2;

/// Floods `label` over its zeros, brightest first; equal brightness in order of arrival.
void flood(std::vector<std::uint8_t>& label, const core::Volume& height) {
  constexpr std::size_t kLevels = 256;
  const auto& size = height.grid.size;
  const auto level = [&](std::size_t n) {
    return static_cast<std::size_t>(std::clamp(height.voxels[n], 0.0F, 1.0F) *
                                    static_cast<float>(kLevels - 1));
  };
  std::array<std::vector<std::size_t>, kLevels> queue;
  std::array<std::size_t, kLevels> next{};
  for (std::size_t n = 0; n < label.size(); ++n) {
    if (label[n] != kUnknown) queue[level(n)].push_back(n);
  }
  const auto nx = static_cast<std::size_t>(size[0]);
  const auto ny = static_cast<std::size_t>(size[1]);
  const auto nz = static_cast<std::size_t>(size[2]);
  std::size_t at = kLevels - 1;
  while (true) {
    while (next[at] == queue[at].size()) {
      if (at == 0) return;
      --at;
    }
    const std::size_t n = queue[at][next[at]++];
    const std::size_t x = n % nx;
    const std::size_t y = n / nx % ny;
    const std::size_t z = n / (nx * ny);
    std::size_t highest = at;
    const auto visit = [&](std::size_t m) {
      if (label[m] != kUnknown) return;
      label[m] = label[n];
      // What lies behind a dark voxel is not reached before that voxel's turn.
      const std::size_t l = std::min(level(m), at);
      queue[l].push_back(m);
      highest = std::max(highest, l);
    };
    if (x > 0) visit(n - 1);
    if (x + 1 < nx) visit(n + 1);
    if (y > 0) visit(n - nx);
    if (y + 1 < ny) visit(n + nx);
    if (z > 0) visit(n - nx * ny);
    if (z + 1 < nz) visit(n + nx * ny);
    at = highest;
  }
}

}  // namespace

core::Volume flatten(const Head& head, const core::Mask& brain, const core::Context& context) {
  // The level varies over centimetres: 6 mm are enough to find it.
  const core::Grid coarse = core::with_spacing(head.image.grid, 3.0 * kHeadSpacingMm);
  core::Volume image = resample_linear(core::gaussian(head.image, kHeadSpacingMm, context), coarse, context);
  for (float& v : image.voxels) v -= static_cast<float>(head.air);
  const core::Mask within = resample_nearest(brain, coarse);
  constexpr double kWindowMm = 20.0;
  core::Volume level(coarse, 1.0F);
  // At the brain's edge a window looks inwards only, so that one pass leaves a part of a gradient: divide and
  // look again.
  for (int pass = 0; pass < 4; ++pass) {
    core::Volume local = core::gaussian_in(image, within, kWindowMm, context);
    for (int round = 0; round < 3; ++round) {
      core::Mask upper = within;
      for (std::size_t n = 0; n < upper.voxels.size(); ++n) {
        const float share = image.voxels[n] / std::max(local.voxels[n], 1e-6F);
        upper.voxels[n] &= share > 0.95F && share < 1.5F ? 1 : 0;
      }
      local = core::gaussian_in(image, upper, kWindowMm, context);
    }
    for (std::size_t n = 0; n < level.voxels.size(); ++n) {
      if (!(local.voxels[n] > 0.0F)) continue;
      level.voxels[n] *= local.voxels[n];
      image.voxels[n] /= local.voxels[n];
    }
  }
  std::vector<float> inner = core::values_in(level, within);
  if (inner.empty()) refuse("nothing in the middle of the head is bright");
  const auto middle = static_cast<float>(core::quantile(inner, 0.5));
  // Far from the brain the window holds next to nothing, and a field beyond this range is no receive field.
  for (float& v : level.voxels) v = v > 0.0F ? std::clamp(v, 0.4F * middle, 2.5F * middle) : middle;
  const core::Volume fine = resample_linear(level, head.image.grid, context, middle);
  core::Volume flat(head.image.grid);
  for (std::size_t n = 0; n < flat.voxels.size(); ++n) {
    flat.voxels[n] = (head.image.voxels[n] - static_cast<float>(head.air)) / fine.voxels[n];
  }
  return flat;
}

core::Mask brain_basin(const Head& head, const core::Volume& flat, const core::Mask& brain) {
  core::Mask white = erode(brain, 6.0);
  for (std::size_t n = 0; n < white.voxels.size(); ++n) {
    white.voxels[n] &= flat.voxels[n] > 0.85F && flat.voxels[n] < 1.2F ? 1 : 0;
  }
  white = largest_component(dilate(erode(white, kHeadSpacingMm), kHeadSpacingMm));
  core::Mask air(head.solid.grid);
  for (std::size_t n = 0; n < air.voxels.size(); ++n) {
    air.voxels[n] = head.covered.voxels[n] != 0 && head.solid.voxels[n] == 0 ? 1 : 0;
  }
  const core::Volume depth = distance_to(air);
  const core::Volume reach = distance_to(white);
  const double lowest = head.top_mm - 165.0;
  const auto slice_voxels = static_cast<std::size_t>(flat.grid.size[0] * flat.grid.size[1]);
  std::vector<std::uint8_t> label(flat.voxels.size(), kUnknown);
  for (std::size_t n = 0; n < label.size(); ++n) {
    const std::size_t slice = n / slice_voxels;
    const double height = static_cast<double>(slice) * kHeadSpacingMm;
    if (white.voxels[n] != 0) {
      label[n] = kBrain;
    } else if (depth.voxels[n] < 4.5F || reach.voxels[n] > 40.0F || height < lowest) {
      label[n] = kOther;
    }
  }
  flood(label, flat);
  core::Mask basin(flat.grid);
  for (std::size_t n = 0; n < label.size(); ++n) basin.voxels[n] = label[n] == kBrain ? 1 : 0;
  return basin;
}

}  // namespace isoscan::preprocess
