/// @file How near an image comes to its truth, voxel by voxel. All measures look inside the mask only; the
/// caller scales both images so that white matter is 1 (preprocess::white_matter_level). Grids must be equal:
/// @throws Error(Geometry) where they differ, Error(Numeric) where the mask is empty.
#pragma once

#include <array>
#include <optional>

#include "isoscan/core/volume.hpp"

namespace isoscan::quality {

/// Peak signal to noise ratio in dB, 10 log10(peak^2 / mean squared error), peak 1 (white matter). Higher is
/// nearer; infinity for equal images. It likes blur: read it beside gradient_energy_ratio.
[[nodiscard]] double psnr(const core::Volume& image, const core::Volume& truth, const core::Mask& mask,
                          double peak = 1.0);

/// Mean absolute error, in units of white matter; 0 is equal.
[[nodiscard]] double mean_absolute_error(const core::Volume& image, const core::Volume& truth,
                                         const core::Mask& mask);

struct SsimOptions {
  int window = 7;      ///< edge of the cube in voxels, odd
  double range = 1.2;  ///< of intensities
  double k1 = 0.01;
  double k2 = 0.03;
  [[nodiscard]] const char* problem() const;  ///< empty when usable
};

/// Structural similarity (Wang et al., IEEE Trans Image Process 2004) in three dimensions: uniform cubic
/// window, unbiased (n - 1) variances, as scikit-image computes it; the mean over the mask's voxels. Voxels
/// outside the mask count as 0 in both images; windows are cut at the image border. Range -1..1, 1 for equal
/// images. @throws Error(Config) for bad options.
[[nodiscard]] double ssim(const core::Volume& image, const core::Volume& truth, const core::Mask& mask,
                          const SsimOptions& options = {});

/// Correlation of the gradient vectors, sum <ga, gb> / sqrt(sum |ga|^2 sum |gb|^2): the three components of
/// Penney et al. (IEEE Trans Med Imaging 1998) pooled. Central differences per mm along the voxel axes, where
/// all six neighbours lie in the mask. Range -1..1; no value where an image has no gradient.
[[nodiscard]] std::optional<double> gradient_correlation(const core::Volume& image, const core::Volume& truth,
                                                         const core::Mask& mask);

/// Energy sum |g|^2 of the image over that of the truth, at the strong edges: the tenth of the voxels in
/// which the truth's gradient is largest. 1 is equally sharp, below 1 is blur, above 1 is noise or ringing; 0
/// or more. No value where the truth has no gradient.
[[nodiscard]] std::optional<double> gradient_energy_ratio(const core::Volume& image,
                                                          const core::Volume& truth, const core::Mask& mask,
                                                          double edge_share = 0.1);

/// Contrast between tissues, against the truth. Means are taken where a tissue's posterior exceeds 0.9 (in
/// the brain by definition); no value where a tissue has fewer than 20 such voxels.
struct TissueContrast {
  std::optional<double> grey_white_ratio;        ///< mean GM / mean WM of the image
  std::optional<double> grey_white_ratio_error;  ///< the image's less the truth's
  std::array<std::optional<double>, core::kTissueCount>
      mean_error;  ///< mean of image less truth: CSF, GM, WM
};
[[nodiscard]] TissueContrast tissue_contrast_error(const core::Volume& image, const core::Volume& truth,
                                                   const core::TissueMaps& tissue);

/// SD of white matter over its mean (posterior > 0.9): receive bias that is left, with the noise in it. 0 is
/// flat.
[[nodiscard]] std::optional<double> white_matter_sd(const core::Volume& image,
                                                    const core::TissueMaps& tissue);

/// All of them, for a table's row.
struct Fidelity {
  double psnr_db = 0.0;
  double ssim = 0.0;
  double mean_absolute_error = 0.0;
  std::optional<double> gradient_correlation;
  std::optional<double> gradient_energy_ratio;
  TissueContrast contrast;
  std::optional<double> white_matter_sd;
};
[[nodiscard]] Fidelity measure_fidelity(const core::Volume& image, const core::Volume& truth,
                                        const core::Mask& mask, const core::TissueMaps& tissue);

}  // namespace isoscan::quality
