#include "isoscan/harmonize/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/resample.hpp"

#include "error_features.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;

constexpr double kLocalSd = 1.0;  // voxels of the Gaussian that local means and SDs are taken with

core::Volume as_volume(const core::Mask& mask) {
  core::Volume out(mask.grid);
  std::transform(mask.voxels.begin(), mask.voxels.end(), out.voxels.begin(),
                 [](std::uint8_t in) { return in != 0 ? 1.0F : 0.0F; });
  return out;
}

/// The values of the brain's voxels on another grid: what lies outside has no say.
core::Volume brain_values_on(const core::Grid& grid, core::Volume values, const core::Mask& brain,
                             const core::Volume& weight, const core::Context& context) {
  for (std::size_t n = 0; n < values.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) values.voxels[n] = 0.0F;
  }
  core::Volume out = preprocess::resample_linear(values, grid, context);
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    if (weight.voxels[n] > 0.0F) out.voxels[n] /= weight.voxels[n];
  }
  return out;
}

}  // namespace

ErrorFeatures::ErrorFeatures(const core::Volume& image, const core::Mask& brain,
                             const core::Context& context) {
  core::require_same_grid(image.grid, brain.grid, "brain");
  const core::Vec3 spacing = image.grid.spacing_mm();
  core::Volume squares = image;
  for (float& v : squares.voxels) v *= v;
  core::Volume mean = core::gaussian_in(image, brain, kLocalSd * spacing[0], context);
  core::Volume sd = core::gaussian_in(squares, brain, kLocalSd * spacing[0], context);
  for (std::size_t n = 0; n < sd.voxels.size(); ++n)
    sd.voxels[n] = std::sqrt(std::max(0.0F, sd.voxels[n] - mean.voxels[n] * mean.voxels[n]));
  core::Mask outside = brain;
  for (auto& v : outside.voxels) v = v == 0 ? 1 : 0;
  core::Volume depth = preprocess::distance_to(outside);
  // Where the brain fills the grid nothing is outside.
  for (float& v : depth.voxels)
    v = std::isfinite(v) ? static_cast<float>(static_cast<double>(v) / spacing[0]) : 1e6F;
  maps_ = {std::move(sd), std::move(mean), std::move(depth)};
}

void ErrorFeatures::row(std::size_t voxel, float* out) const {
  for (const core::Volume& map : maps_) *out++ = map.voxels[voxel];
}

bool has_uncertainty(const domain::SiteModel& model) {
  return model.method == domain::Method::Restore && !model.errors.empty();
}

core::Volume uncertainty(const core::Volume& image, const core::Mask& brain, const domain::SiteModel& model,
                         const core::Context& context) {
  if (model.method != domain::Method::Restore)
    throw Error(ErrorKind::Config, "the method \"" + std::string(domain::name(model.method)) +
                                       "\" does not say how far its voxels may be off; \"restore\" does");
  if (model.errors.branches.size() != kErrorFeatures.size())
    throw Error(ErrorKind::Input,
                "the site model does not say how far its voxels may be off: adapt the site again");
  const ErrorFeatures features(image, brain, context);
  core::Volume out(image.grid);
  core::parallel_for(
      static_cast<std::int64_t>(out.voxels.size()), context.threads,
      [&](std::int64_t begin, std::int64_t end) {
        std::array<float, kErrorFeatures.size()> row{};
        for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
          if (brain.voxels[n] == 0) continue;
          features.row(n, row.data());
          out.voxels[n] = static_cast<float>(model.errors.half_width[model.errors.leaf(row.data())]);
        }
      });
  return out;
}

core::Volume written_uncertainty(const core::Volume& half_width, const preprocess::Prepared& prepared,
                                 const core::Volume& harmonized, const WrittenBack& written,
                                 const WriteBackOptions& options, const core::Context& context) {
  core::require_same_grid(half_width.grid, prepared.image.grid, "uncertainty");
  core::require_same_grid(harmonized.grid, prepared.image.grid, "harmonized image");
  const core::Grid& grid = written.volume.grid;
  const core::Volume weight = preprocess::resample_linear(as_volume(prepared.brain), grid, context);
  core::Volume change = harmonized;
  for (std::size_t n = 0; n < change.voxels.size(); ++n) change.voxels[n] -= prepared.image.voxels[n];
  const core::Volume wanted = brain_values_on(grid, std::move(change), prepared.brain, weight, context);
  core::Volume out = brain_values_on(grid, half_width, prepared.brain, weight, context);
  const core::Mask brain = preprocess::resample_nearest(prepared.brain, grid);
  const auto unit = static_cast<float>(
      options.scale == IntensityScale::Source ? prepared.white_matter : options.reference_white_matter);
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    out.voxels[n] = brain.voxels[n] == 0
                        ? 0.0F
                        : unit * (out.voxels[n] + std::abs(wanted.voxels[n] - written.change.voxels[n]));
  }
  return out;
}

}  // namespace isoscan::harmonize
