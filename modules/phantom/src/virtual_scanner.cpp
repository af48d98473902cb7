#include "isoscan/phantom/virtual_scanner.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"

#include "effects.hpp"
#include "receive_field.hpp"

namespace isoscan::phantom {

namespace {

constexpr double kWhiteMatterUnits = 400.0;
constexpr double kGainSpread = 0.4;
constexpr double kBlendSdMm = 2.0;

/// Factor minus one: sum_k p_k (r_k - 1), with the deep factor taking over near the brain's centre.
core::Volume contrast_change(const VirtualScanner& scanner, const core::Mask& brain,
                             const core::TissueMaps& tissue, const BrainFrame& frame,
                             const core::Context& context) {
  const core::Grid& grid = brain.grid;
  const double sd_mm = frame.radius_mm / 3.0;
  const auto& csf = tissue[core::Tissue::Csf].voxels;
  const auto& grey = tissue[core::Tissue::GreyMatter].voxels;
  const auto& white = tissue[core::Tissue::WhiteMatter].voxels;
  core::Volume change(grid);
  core::parallel_for(grid.size[2], context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      for (std::int64_t j = 0; j < grid.size[1]; ++j) {
        for (std::int64_t i = 0; i < grid.size[0]; ++i) {
          const std::size_t n = grid.index(i, j, k);
          if (brain.voxels[n] == 0) continue;
          const core::Vec3 x =
              grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
          double square = 0.0;
          for (std::size_t a = 0; a < 3; ++a)
            square += (x[a] - frame.centre_mm[a]) * (x[a] - frame.centre_mm[a]);
          const double deep = std::exp(-0.5 * square / (sd_mm * sd_mm));
          const double grey_factor = (1.0 - deep) * scanner.contrast[1] + deep * scanner.contrast[3];
          change.voxels[n] =
              static_cast<float>(csf[n] * (scanner.contrast[0] - 1.0) + grey[n] * (grey_factor - 1.0) +
                                 white[n] * (scanner.contrast[2] - 1.0));
        }
      }
    }
  });
  return change;
}

void apply_contrast(core::Volume& image, const VirtualScanner& scanner, const core::Mask& brain,
                    const core::TissueMaps& tissue, const BrainFrame& frame, const core::Context& context) {
  if (scanner.contrast == std::array<double, 4>{1, 1, 1, 1}) return;
  const core::Volume change = contrast_change(scanner, brain, tissue, frame, context);
  // Outside the brain the change of its nearest tissue fades out, so that the brain's edge is no step of our
  // making.
  const core::Volume continued = core::gaussian_in(change, brain, kBlendSdMm, context);
  core::Volume nearness(brain.grid);
  for (std::size_t n = 0; n < nearness.voxels.size(); ++n)
    nearness.voxels[n] = brain.voxels[n] != 0 ? 1.0F : 0.0F;
  nearness = core::gaussian(nearness, kBlendSdMm, context);
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    const float added = brain.voxels[n] != 0
                            ? change.voxels[n]
                            : std::min(1.0F, 2.0F * nearness.voxels[n]) * continued.voxels[n];
    image.voxels[n] *= 1.0F + added;
  }
}

}  // namespace

VirtualScan scan_with(const VirtualScanner& scanner, const core::Volume& head, const core::Mask& brain,
                      const core::TissueMaps& tissue, std::uint64_t scanner_seed, std::uint64_t person_seed,
                      const core::Context& context) {
  if (const std::string problem = scanner.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "virtual scanner \"" + scanner.name + "\": " + problem);
  }
  core::require_same_grid(head.grid, brain.grid, "brain mask of the head");
  for (const core::Volume& posterior : tissue.posterior) {
    core::require_same_grid(head.grid, posterior.grid, "tissue of the head");
  }
  const BrainFrame frame = brain_frame(brain);

  VirtualScan scan;
  scan.image = head;
  apply_contrast(scan.image, scanner, brain, tissue, frame, context);
  context.check_stop();
  // A power needs values that are not negative; white matter at 1 stays 1.
  if (scanner.gamma != 1.0) {
    const auto gamma = static_cast<float>(scanner.gamma);
    for (float& v : scan.image.voxels) v = std::pow(std::max(v, 0.0F), gamma);
  }
  const core::Vec3 spacing = head.grid.spacing_mm();
  core::Vec3 sd_mm{};
  for (std::size_t a = 0; a < 3; ++a) sd_mm[a] = scanner.psf_sd_voxels[a] * spacing[a];
  scan.image = core::gaussian(scan.image, sd_mm, context);
  apply_thick_slices(scan.image, scanner.thick_slices, scanner.slice_gap_voxels);
  apply_ringing(scan.image, scanner.ringing, scanner.kspace_kept, context);
  context.check_stop();

  scan.log_bias = core::Volume(head.grid);
  if (scanner.bias > 0.0) {
    const auto field = scanner.bias_kind == BiasKind::Coils ? coil_field : receive_field;
    scan.log_bias = field(brain, frame, scanner_seed, person_seed, context);
    for (std::size_t n = 0; n < scan.image.voxels.size(); ++n) {
      scan.log_bias.voxels[n] *= static_cast<float>(scanner.bias);
      scan.image.voxels[n] *= std::exp(scan.log_bias.voxels[n]);
    }
  }
  apply_ghost(scan.image, scanner.ghost, scanner.ghost_axis, scanner.ghost_shift);
  apply_noise(scan.image, scanner.noise, scanner.noise_correlation_voxels, person_seed, context);
  apply_median(scan.image, scanner.median_radius, context);
  apply_sharpening(scan.image, scanner.sharpening, scanner.sharpening_sd_voxels, context);
  context.check_stop();
  scan.gain = kWhiteMatterUnits * std::exp(kGainSpread * core::Random(person_seed, "gain").normal());
  for (float& v : scan.image.voxels) v *= static_cast<float>(scan.gain);
  return scan;
}

}  // namespace isoscan::phantom
