#include "isoscan/harmonize/write_back.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/resample.hpp"

namespace isoscan::harmonize {

namespace {

core::Mask complement(const core::Mask& mask) {
  core::Mask out = mask;
  for (auto& v : out.voxels) v = v == 0 ? 1 : 0;
  return out;
}

/// harmonized - prepared, 0 outside the brain, faded in from the brain's edge where there is tissue on both
/// sides of it.
core::Volume residual_on_working_grid(const preprocess::Prepared& prepared, const core::Volume& harmonized,
                                      double edge_mm) {
  core::Volume change(prepared.image.grid);
  core::Volume depth;
  const bool fades = !prepared.skull_stripped && edge_mm > 0.0;
  if (fades) depth = preprocess::distance_to(complement(prepared.brain));
  for (std::size_t n = 0; n < change.voxels.size(); ++n) {
    if (prepared.brain.voxels[n] == 0) continue;
    const float weight = fades ? std::min(1.0F, depth.voxels[n] / static_cast<float>(edge_mm)) : 1.0F;
    change.voxels[n] = weight * (harmonized.voxels[n] - prepared.image.voxels[n]);
  }
  return change;
}

/// The log bias as it is divided out: whole in the brain, falling to 0 at the head's edge, 0 outside.
core::Volume faded_bias(const preprocess::Prepared& prepared) {
  const core::Volume to_outside = preprocess::distance_to(complement(prepared.head));
  const core::Volume to_brain = preprocess::distance_to(prepared.brain);
  core::Volume bias = prepared.log_bias;
  for (std::size_t n = 0; n < bias.voxels.size(); ++n) {
    if (prepared.brain.voxels[n] != 0) continue;
    const float sum = to_outside.voxels[n] + to_brain.voxels[n];
    bias.voxels[n] *= prepared.head.voxels[n] != 0 && sum > 0.0F ? to_outside.voxels[n] / sum : 0.0F;
  }
  return bias;
}

}  // namespace

std::string WriteBackOptions::problem() const {
  if (!(bound > 0.0 && bound <= 2.0)) return "bound must lie in 0..2 (white matter = 1), above 0";
  if (!(edge_mm >= 0.0 && edge_mm <= 20.0)) return "edge_mm must lie in 0..20";
  if (!(reference_white_matter > 0.0 && std::isfinite(reference_white_matter))) {
    return "reference_white_matter must be above 0";
  }
  return {};
}

WrittenBack write_back(const core::Volume& native, const preprocess::Prepared& prepared,
                       const core::Volume& harmonized, const WriteBackOptions& options,
                       const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, problem);
  }
  core::require_same_grid(harmonized.grid, prepared.image.grid, "harmonized image");
  if (!(prepared.white_matter > 0.0))
    throw core::Error(core::ErrorKind::Numeric, "the scan's white matter level is not above 0");

  const core::Grid& grid = native.grid;
  const core::Volume change =
      preprocess::resample_linear(residual_on_working_grid(prepared, harmonized, options.edge_mm), grid,
                                  context.slice(0.0, 0.3, "change"));
  const core::Volume bias =
      preprocess::resample_linear(faded_bias(prepared), grid, context.slice(0.3, 0.6, "bias"));
  const core::Mask brain = preprocess::resample_nearest(prepared.brain, grid);
  const core::Mask head = preprocess::resample_nearest(prepared.head, grid);

  WrittenBack out;
  out.volume = native;
  out.change = core::Volume(grid);
  const double white = prepared.white_matter;
  const double unit = options.scale == IntensityScale::Source ? 1.0 : options.reference_white_matter / white;
  const auto bound = static_cast<float>(options.bound);
  core::parallel_for(static_cast<std::int64_t>(native.voxels.size()), context.threads,
                     [&](std::int64_t begin, std::int64_t end) {
                       for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end);
                            ++n) {
                         auto value = static_cast<double>(native.voxels[n]);
                         if (brain.voxels[n] != 0 || head.voxels[n] != 0) {
                           value *= std::exp(-static_cast<double>(bias.voxels[n]));
                         }
                         if (brain.voxels[n] != 0) {
                           float within = std::clamp(change.voxels[n], -bound, bound);
                           // Magnitudes stay magnitudes.
                           if (native.voxels[n] >= 0.0F) {
                             within = std::max(within, static_cast<float>(-value / white));
                           }
                           out.change.voxels[n] = within;
                           value += white * static_cast<double>(within);
                         }
                         // Outside the head value is the voxel itself, so Source keeps every bit.
                         out.volume.voxels[n] = static_cast<float>(unit * value);
                       }
                     });
  double in_brain = 0.0;
  double at_bound = 0.0;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    in_brain += 1.0;
    const float size = std::abs(out.change.voxels[n]);
    if (size >= bound) at_bound += 1.0;
    out.max_change = std::max(out.max_change, static_cast<double>(size));
  }
  out.share_at_bound = in_brain > 0.0 ? at_bound / in_brain : 0.0;
  return out;
}

}  // namespace isoscan::harmonize
