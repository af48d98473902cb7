#include "brain_steps.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/morphology.hpp"

#include "brain_basin.hpp"
#include "brain_surface.hpp"

namespace isoscan::preprocess {

namespace {

using core::Vec3;

constexpr int kCoarse = 3;  // 642 vertices, 8 mm apart on a brain

core::Mask ball(const core::Grid& grid, const Vec3& centre_mm, double radius_mm) {
  core::Mask mask(grid);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const double x = static_cast<double>(i) * kHeadSpacingMm - centre_mm[0];
        const double y = static_cast<double>(j) * kHeadSpacingMm - centre_mm[1];
        const double z = static_cast<double>(k) * kHeadSpacingMm - centre_mm[2];
        if (x * x + y * y + z * z <= radius_mm * radius_mm) mask.voxels[grid.index(i, j, k)] = 1;
      }
    }
  }
  return mask;
}

Surface sphere(const Vec3& centre_mm, double radius_mm) {
  Surface surface = icosphere(kCoarse);
  for (Vec3& v : surface.vertex) {
    for (std::size_t a = 0; a < 3; ++a) v[a] = centre_mm[a] + radius_mm * v[a];
  }
  return surface;
}

double median_above(const core::Volume& image, const core::Mask& where, double threshold) {
  std::vector<float> values = core::values_in(image, where);
  std::erase_if(values, [&](float v) { return !(v > threshold); });
  if (values.empty()) refuse("the middle of the head is dark");
  return core::quantile(values, 0.5);
}

core::Mask first_guess(const Head& head, const core::Context& context) {
  std::vector<float> middle =
      core::values_in(head.image, ball(head.image.grid, head.centre_mm, 0.5 * head.radius_mm));
  std::erase_if(middle, [&](float v) { return !(v > head.threshold); });
  if (middle.empty()) refuse("the middle of the head is dark");
  const double white = core::quantile(middle, 0.9);
  core::Volume image = head.image;
  for (float& v : image.voxels) {
    // Fat in spin echo images; no receive field makes brain that bright.
    if (v > head.air + 2.0 * (white - head.air)) v = static_cast<float>(head.air);
  }
  SurfaceOptions options;
  options.background = head.air;
  options.typical = core::quantile(middle, 0.5);
  options.head_threshold = head.air + 0.1 * (white - head.air);
  options.iterations = 300;
  Surface surface = sphere(head.centre_mm, 0.45 * head.radius_mm);
  grow_to_border(surface, image, options, context);
  return inside(surface, head.image.grid);
}

/// Bridges sulci up to 20 mm wide where the watershed allows it and no bone lies in them: a mask tight to the
/// cortex follows the crowns of the gyri.
core::Mask bridged(const core::Mask& brain, const core::Mask& basin, const core::Volume& flat,
                   const core::Context& context) {
  const core::Volume smooth = core::gaussian(flat, 0.5 * kHeadSpacingMm, context);
  constexpr double kBridgeMm = 10.0;
  constexpr float kFluid = 0.15F;  // CSF is brighter than that, cortical bone darker
  core::Mask out = erode(dilate(brain, kBridgeMm), kBridgeMm);
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    const bool fluid = basin.voxels[n] != 0 && smooth.voxels[n] > kFluid;
    out.voxels[n] = brain.voxels[n] != 0 || (out.voxels[n] != 0 && fluid) ? 1 : 0;
  }
  return fill_holes(largest_component(out));
}

/// Brightness of the darkest layer between brain and scalp around the upper brain: the lower quartile along
/// the basin's edge. It is bone, 0.1, where voxels are small; thick slices, blur and thin bone make it 0.2 to
/// 0.3.
double gap_level(const core::Volume& flat, const core::Mask& basin) {
  const core::Grid& grid = basin.grid;
  const auto nx = static_cast<std::size_t>(grid.size[0]);
  const std::size_t plane = nx * static_cast<std::size_t>(grid.size[1]);
  const auto first = std::find(basin.voxels.begin(), basin.voxels.end(), 1) - basin.voxels.begin();
  const auto last = std::find(basin.voxels.rbegin(), basin.voxels.rend(), 1) - basin.voxels.rbegin();
  const auto low = first / static_cast<std::ptrdiff_t>(plane);
  const auto high =
      (static_cast<std::ptrdiff_t>(basin.voxels.size()) - 1 - last) / static_cast<std::ptrdiff_t>(plane);
  std::vector<float> edge;
  for (std::int64_t k = (2 * low + 3 * high) / 5; k <= high; ++k) {
    for (std::int64_t j = 1; j + 1 < grid.size[1]; ++j) {
      for (std::int64_t i = 1; i + 1 < grid.size[0]; ++i) {
        const std::size_t n = grid.index(i, j, k);
        if (basin.voxels[n] == 0) continue;
        const bool inner = basin.voxels[n - 1] != 0 && basin.voxels[n + 1] != 0 &&
                           basin.voxels[n - nx] != 0 && basin.voxels[n + nx] != 0;
        if (!inner) edge.push_back(flat.voxels[n]);
      }
    }
  }
  constexpr double kBrightest = 0.45;
  return edge.empty() ? 0.0 : std::clamp(core::quantile(edge, 0.25), 0.0, kBrightest);
}

/// From the sphere to the border on the flat image, what lies outside of the basin counting as air.
Surface flat_surface(const Head& head, const core::Volume& flat, const core::Mask& basin,
                     const core::Mask& guess, bool fine, const core::Context& context) {
  core::Volume image = flat;
  core::Mask deep = guess;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (basin.voxels[n] == 0) image.voxels[n] = 0.0F;
    deep.voxels[n] &= basin.voxels[n];
  }
  SurfaceOptions options;
  options.background = gap_level(flat, basin);
  options.head_threshold = options.background + 0.1;
  options.typical = median_above(flat, deep, options.head_threshold);
  // Wide sulci lie at the convexity and the gap to the bone is widest there; at the base it is narrow and
  // partial volume brightens it.
  options.border_upper = 0.3;
  options.border_lower = 0.4;
  options.iterations = 300;
  Surface surface = sphere(head.centre_mm, 0.45 * head.radius_mm);
  grow_to_border(surface, image, options, context);
  if (fine) {
    surface = divided(surface);
    grow_to_border(surface, image, options, context);
  }
  return surface;
}

}  // namespace

BrainSteps whole_head_steps(const Head& head, const core::Context& context) {
  BrainSteps steps;
  steps.first = first_guess(head, context.slice(0.0, 0.2, "first surface"));
  steps.flat = flatten(head, steps.first, context.slice(0.2, 0.3, "receive field"));
  steps.basin = brain_basin(head, steps.flat, steps.first);
  // Once more with what is known now: the first guess may hold half of the neck, and its receive field.
  const Surface better = flat_surface(head, steps.flat, steps.basin, steps.first, false,
                                      context.slice(0.4, 0.5, "second surface"));
  const core::Mask second = inside(better, head.image.grid);
  steps.flat = flatten(head, second, context.slice(0.5, 0.6, "receive field"));
  steps.basin = brain_basin(head, steps.flat, second);
  const Surface best =
      flat_surface(head, steps.flat, steps.basin, second, true, context.slice(0.7, 1.0, "final surface"));
  steps.brain = bridged(inside(best, head.image.grid), steps.basin, steps.flat, context);
  return steps;
}

}  // namespace isoscan::preprocess
