#include "isoscan/preprocess/brain_mask.hpp"

#include <cmath>
#include <vector>

#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/resample.hpp"

#include "brain_head.hpp"
#include "brain_plausible.hpp"
#include "brain_steps.hpp"

namespace isoscan::preprocess {

namespace {

/// Support of an image that holds nothing but brain: its voxels above air near the 2 mm support. Sulci that
/// were cut out stay out: they hold no signal.
core::Mask support(const core::Volume& volume, const Head& head, const core::Context& context) {
  const core::Mask near = resample_nearest(dilate(head.tissue, 2.0 * kHeadSpacingMm), volume.grid);
  std::vector<float> outside;
  for (std::size_t n = 0; n < near.voxels.size(); ++n) {
    if (near.voxels[n] == 0 && std::isfinite(volume.voxels[n])) outside.push_back(volume.voxels[n]);
  }
  const bool noisy = !outside.empty() && core::quantile(outside, 0.95) > head.threshold;
  const core::Volume& source = noisy ? core::gaussian(volume, 0.5 * kHeadSpacingMm, context) : volume;
  core::Mask bright = core::above(source, static_cast<float>(head.threshold));
  for (std::size_t n = 0; n < bright.voxels.size(); ++n) bright.voxels[n] &= near.voxels[n];
  constexpr double kGapMm = 1.0;
  return fill_holes(largest_component(erode(dilate(bright, kGapMm), kGapMm)));
}

/// A mask of the 2 mm grid on the source's grid, its steps smoothed away.
core::Mask on_grid(const core::Mask& mask, const core::Grid& grid, const core::Context& context) {
  core::Volume share(mask.grid);
  for (std::size_t n = 0; n < share.voxels.size(); ++n) share.voxels[n] = mask.voxels[n];
  share = core::gaussian(share, 0.5 * kHeadSpacingMm, context);
  return core::above(resample_linear(share, grid, context), 0.5F);
}

}  // namespace

BrainMask estimate_brain_mask(const core::Volume& volume, const core::Context& context) {
  context.progress.report(0.0);
  const Head head = find_head(volume, context.slice(0.0, 0.2, "head"));
  BrainMask out;
  out.skull_stripped = head.skull_stripped;
  if (head.skull_stripped) {
    out.brain = support(volume, head, context);
    out.head = out.brain;
  } else {
    const BrainSteps steps = whole_head_steps(head, context.slice(0.2, 0.9, "brain"));
    out.brain = on_grid(steps.brain, volume.grid, context);
    out.head = on_grid(head.solid, volume.grid, context);
  }
  require_plausible(out.brain);
  context.progress.report(1.0);
  return out;
}

}  // namespace isoscan::preprocess
