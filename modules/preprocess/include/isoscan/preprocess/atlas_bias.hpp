/// @file The receive field against an atlas of the reference: what differs smoothly from it is field.
#pragma once

#include <array>
#include <string>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/preprocess/atlas.hpp"

namespace isoscan::preprocess {

/// Figures behind the defaults: docs/bias-correction.md.
struct AtlasBiasOptions {
  /// SD of the log field that is expected of its terms of order 1, 2, 3, 4 (0 leaves an order out).
  std::array<double, 4> prior_sd{0.40, 0.30, 0.08, 0.05};
  /// How far one tissue's brightness drifts from the atlas (SD of log intensity) and over which length:
  /// together they say how much the image is to be believed against the prior.
  double anatomy_sd = 0.04;
  double anatomy_length_mm = 15.0;
  std::array<double, core::kTissueCount> tissue_weight{0.0, 0.05,
                                                       1.0};  ///< of a voxel: CSF, grey, white matter
  /// Places where people differ by more than this (SD of log intensity) count less; 0: all count alike.
  double person_sd = 0.04;
  /// Blocks that lie further off than this many robust SDs count nothing (Tukey's weights); 0: all count.
  double tukey = 5.0;
  double block_mm = 4.5;  ///< the fit sums the voxels of such blocks
  int iterations = 6;
  double smooth_mm = 1.0;   ///< SD of the Gaussian that takes noise away before the fit
  double flat_share = 0.4;  ///< share of the brain, the flattest, that the fit uses

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// Natural log of the receive field on the volume's grid, smooth, mean 0 in the brain, continued (bounded)
/// outside of it. Divide the volume by exp(field).
///
/// Maximum a posteriori: Legendre polynomials up to order 4 through the distance of flat voxels to the
/// atlas' brightness of their tissue. Which tissue: a mixture of the corrected intensities times the atlas'
/// prior at the place (Ashburner and Friston, NeuroImage 26 (2005) 839, without registration). One offset a
/// tissue is fitted beside the field and dropped: neither a gain nor a change of contrast is field.
/// @param volume  T1w, matched in contrast to the reference, the whole receive field in it; any positive unit
/// @param start   log field to begin from, on the same grid: what a first correction found
/// @throws Error(Geometry) where the grids differ; Error(Numeric) where the brain is empty or shows no three
/// classes; Error(Config) for unusable options; Error(Input) for an unusable atlas.
[[nodiscard]] core::Volume estimate_log_bias_against_atlas(const core::Volume& volume,
                                                           const core::Mask& brain, const Atlas& atlas,
                                                           const core::Volume& start,
                                                           const core::Context& context,
                                                           const AtlasBiasOptions& options = {});

}  // namespace isoscan::preprocess
