#include "isoscan/phantom/virtual_scanner.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"

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

/// Mean of `thick` slices along k (the last group may be smaller), then linear interpolation between their
/// centres.
void apply_thick_slices(core::Volume& image, int thick) {
  const core::Grid& grid = image.grid;
  const std::int64_t slices = grid.size[2];
  if (thick <= 1 || slices <= 1) return;
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
  std::size_t below = 0;
  for (std::int64_t k = 0; k < slices; ++k) {
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

/// |x + n1 + i n2|, one stream of numbers a slice: the same noise for every thread count.
void apply_noise(core::Volume& image, double sd, std::uint64_t seed, const core::Context& context) {
  if (sd <= 0.0) return;
  const auto plane = static_cast<std::size_t>(image.grid.size[0] * image.grid.size[1]);
  core::parallel_for(image.grid.size[2], context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      core::Random random(seed, "noise of slice " + std::to_string(k));
      float* v = image.voxels.data() + static_cast<std::size_t>(k) * plane;
      for (std::size_t n = 0; n < plane; ++n) {
        const double real = v[n] + sd * random.normal();
        const double imaginary = sd * random.normal();
        v[n] = static_cast<float>(std::sqrt(real * real + imaginary * imaginary));
      }
    }
  });
}

}  // namespace

std::string VirtualScanner::problem() const {
  if (name.empty() || name.size() > 100) return "name must have 1..100 characters";
  const auto within = [](double v, double low, double high) {
    return v >= low && v <= high;
  };  // false for NaN
  for (const double r : contrast) {
    if (!within(r, 0.1, 10.0)) return "contrast: each factor must lie in 0.1..10";
  }
  if (!within(gamma, 0.2, 5.0)) return "gamma must lie in 0.2..5";
  if (!within(bias, 0.0, 2.0)) return "bias must lie in 0..2";
  for (const double sd : psf_sd_voxels) {
    if (!within(sd, 0.0, 10.0)) return "psf_sd_voxels: each must lie in 0..10";
  }
  if (thick_slices < 1 || thick_slices > 20) return "thick_slices must lie in 1..20";
  if (!within(noise, 0.0, 1.0)) return "noise must lie in 0..1";
  return {};
}

VirtualScanner preset(const std::string& name) {
  VirtualScanner scanner;
  scanner.name = name;
  if (name == "identity") return scanner;
  if (name == "mild") {
    scanner.contrast = {1.00, 1.05, 1.00, 1.02};
    scanner.bias = 0.20;
    scanner.noise = 0.02;
  } else if (name == "medium") {
    scanner.contrast = {0.75, 0.90, 1.00, 0.94};
    scanner.gamma = 1.08;
    scanner.bias = 0.30;
    scanner.psf_sd_voxels = {0.35, 0.35, 0.60};
    scanner.noise = 0.03;
  } else if (name == "hard") {
    scanner.contrast = {1.35, 1.14, 1.00, 1.03};
    scanner.gamma = 0.85;
    scanner.bias = 0.40;
    scanner.psf_sd_voxels = {0.45, 0.45, 0.45};
    scanner.thick_slices = 2;
    scanner.noise = 0.05;
  } else {
    throw core::Error(core::ErrorKind::Config,
                      "no virtual scanner \"" + name + "\": use mild, medium, hard, identity or a JSON file");
  }
  return scanner;
}

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
  apply_thick_slices(scan.image, scanner.thick_slices);
  context.check_stop();

  scan.log_bias = core::Volume(head.grid);
  if (scanner.bias > 0.0) {
    scan.log_bias = receive_field(brain, frame, scanner_seed, person_seed, context);
    for (std::size_t n = 0; n < scan.image.voxels.size(); ++n) {
      scan.log_bias.voxels[n] *= static_cast<float>(scanner.bias);
      scan.image.voxels[n] *= std::exp(scan.log_bias.voxels[n]);
    }
  }
  apply_noise(scan.image, scanner.noise, person_seed, context);
  scan.gain = kWhiteMatterUnits * std::exp(kGainSpread * core::Random(person_seed, "gain").normal());
  for (float& v : scan.image.voxels) v *= static_cast<float>(scan.gain);
  return scan;
}

}  // namespace isoscan::phantom
