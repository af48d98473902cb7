#include "isoscan/quality/fidelity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "isoscan/core/error.hpp"

namespace isoscan::quality {

namespace {

constexpr float kPure = 0.9F;
constexpr std::size_t kFewestVoxels = 20;

void require_fitting(const core::Volume& image, const core::Volume& truth, const core::Mask& mask) {
  core::require_same_grid(image.grid, truth.grid, "image and truth");
  core::require_same_grid(image.grid, mask.grid, "image and mask");
}

struct Moments {
  double sum = 0.0;
  double square = 0.0;
  std::size_t count = 0;
};

Moments in_pure(const core::Volume& image, const core::Volume& posterior) {
  core::require_same_grid(image.grid, posterior.grid, "image and tissue");
  Moments m;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (posterior.voxels[n] <= kPure) continue;
    const double v = image.voxels[n];
    m.sum += v;
    m.square += v * v;
    ++m.count;
  }
  return m;
}

std::optional<double> mean(const Moments& m) {
  if (m.count < kFewestVoxels) return std::nullopt;
  return m.sum / static_cast<double>(m.count);
}

std::optional<double> ratio(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b || *b == 0.0) return std::nullopt;
  return *a / *b;
}

}  // namespace

double psnr(const core::Volume& image, const core::Volume& truth, const core::Mask& mask, double peak) {
  require_fitting(image, truth, mask);
  double sum = 0.0;
  std::size_t count = 0;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    const double d = static_cast<double>(image.voxels[n]) - truth.voxels[n];
    sum += d * d;
    ++count;
  }
  if (count == 0) throw core::Error(core::ErrorKind::Numeric, "PSNR in an empty mask");
  if (sum == 0.0) return std::numeric_limits<double>::infinity();
  return 10.0 * std::log10(peak * peak * static_cast<double>(count) / sum);
}

double mean_absolute_error(const core::Volume& image, const core::Volume& truth, const core::Mask& mask) {
  require_fitting(image, truth, mask);
  double sum = 0.0;
  std::size_t count = 0;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    sum += std::abs(static_cast<double>(image.voxels[n]) - truth.voxels[n]);
    ++count;
  }
  if (count == 0) throw core::Error(core::ErrorKind::Numeric, "mean absolute error in an empty mask");
  return sum / static_cast<double>(count);
}

TissueContrast tissue_contrast_error(const core::Volume& image, const core::Volume& truth,
                                     const core::TissueMaps& tissue) {
  core::require_same_grid(image.grid, truth.grid, "image and truth");
  std::array<std::optional<double>, core::kTissueCount> of_image;
  std::array<std::optional<double>, core::kTissueCount> of_truth;
  TissueContrast contrast;
  for (std::size_t t = 0; t < of_image.size(); ++t) {
    of_image[t] = mean(in_pure(image, tissue.posterior[t]));
    of_truth[t] = mean(in_pure(truth, tissue.posterior[t]));
    if (of_image[t] && of_truth[t]) contrast.mean_error[t] = *of_image[t] - *of_truth[t];
  }
  contrast.grey_white_ratio = ratio(of_image[1], of_image[2]);
  const std::optional<double> wanted = ratio(of_truth[1], of_truth[2]);
  if (contrast.grey_white_ratio && wanted)
    contrast.grey_white_ratio_error = *contrast.grey_white_ratio - *wanted;
  return contrast;
}

std::optional<double> white_matter_sd(const core::Volume& image, const core::TissueMaps& tissue) {
  const Moments m = in_pure(image, tissue[core::Tissue::WhiteMatter]);
  const std::optional<double> level = mean(m);
  if (!level || *level == 0.0) return std::nullopt;
  const double variance = m.square / static_cast<double>(m.count) - *level * *level;
  return std::sqrt(std::max(0.0, variance)) / std::abs(*level);
}

Fidelity measure_fidelity(const core::Volume& image, const core::Volume& truth, const core::Mask& mask,
                          const core::TissueMaps& tissue) {
  Fidelity f;
  f.psnr_db = psnr(image, truth, mask);
  f.ssim = ssim(image, truth, mask);
  f.mean_absolute_error = mean_absolute_error(image, truth, mask);
  f.gradient_correlation = gradient_correlation(image, truth, mask);
  f.gradient_energy_ratio = gradient_energy_ratio(image, truth, mask);
  f.contrast = tissue_contrast_error(image, truth, tissue);
  f.white_matter_sd = white_matter_sd(image, tissue);
  return f;
}

}  // namespace isoscan::quality
