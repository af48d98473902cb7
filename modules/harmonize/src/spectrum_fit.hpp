/// @file Point spread and noise between two fine structures, in closed form. Private to harmonize.
#pragma once

#include <array>
#include <vector>

namespace isoscan::harmonize {

/// to = scale * (Gaussian point spread of these variances) from + noise.
struct SpectrumFit {
  double log_scale = 0.0;        ///< people differ in how folded they are
  std::array<double, 3> blur{};  ///< variance along x, y, z, voxels squared; below 0: `to` is the sharper one
  double noise_variance = 0.0;
};

/// Weighted least squares over the lags within three voxels (Levenberg and Marquardt).
/// @param from, to, weight  laid out as features::FineStructure::value, of its default reach
[[nodiscard]] SpectrumFit fit_spectrum(const std::vector<double>& from, const std::vector<double>& to,
                                       const std::vector<double>& weight);

/// Taps -reach..reach of the filter whose transfer function is exp(-variance w^2 / 2), normalised; the
/// inverse of a blur where variance is below 0.
[[nodiscard]] std::vector<double> gaussian_taps(double variance, int reach);

}  // namespace isoscan::harmonize
