/// @file The slowly varying receive field.
#pragma once

#include <array>
#include <string>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// Figures behind the defaults: docs/bias-correction.md.
struct BiasOptions {
  /// SD of the log field that is expected of its terms of order 1, 2, 3, 4 (0 leaves an order out). What one
  /// image shows beyond this is taken for anatomy.
  std::array<double, 4> prior_sd{0.30, 0.20, 0.06, 0.04};
  /// How far one tissue's own brightness drifts through a brain (SD of log intensity) and over which length:
  /// together they say how much the image is to be believed against the prior.
  double anatomy_sd = 0.05;
  double anatomy_length_mm = 15.0;
  /// Weight of grey matter against white matter: its brightness differs more from place to place.
  double grey_weight = 0.1;
  double block_mm = 4.0;  ///< the fit sums the voxels of such blocks
  int iterations = 30;
  double smooth_mm = 1.0;   ///< SD of the Gaussian that takes noise away before the fit
  double flat_share = 0.4;  ///< share of the brain, the flattest, that the fit uses

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// The defaults with a quarter of the prior SDs: what a first pass leaves is small, and a second one must not
/// take more anatomy for bias than it takes bias away.
[[nodiscard]] BiasOptions second_pass_options();

/// Natural log of the receive field on the volume's grid, smooth, mean 0 in the brain, continued (bounded)
/// outside of it. Sees one image alone. Divide the volume by exp(field).
///
/// Legendre polynomials up to order 4 fitted in alternation with a tissue mixture of the corrected
/// intensities (Wells et al., IEEE TMI 1996; Van Leemput et al., IEEE TMI 1999), with a prior on the field.
/// Only the flattest part of the brain, slightly smoothed, has a say on the field: voxels of two tissues, the
/// mask's edge and noise pull at nothing. Starts from the bright end of the local intensities.
/// @param volume  T1w, any positive unit, any grid
/// @throws Error(Geometry) where the grids differ; Error(Numeric) where the brain is empty or shows no three
/// classes; Error(Config) for unusable options.
[[nodiscard]] core::Volume estimate_log_bias(const core::Volume& volume, const core::Mask& brain,
                                             const core::Context& context, const BiasOptions& options = {});

/// The same with the class means known, in the volume's units, CSF < GM < WM: the second pass, after a first
/// correction and after the intensities were matched to a reference whose means these are. The field's mean
/// in the brain is 0 here too: a common gain stays. No start from the bright end: the field is taken to be
/// small.
[[nodiscard]] core::Volume estimate_log_bias_given_tissue(
    const core::Volume& volume, const core::Mask& brain,
    const std::array<double, core::kTissueCount>& class_means, const core::Context& context,
    const BiasOptions& options = second_pass_options());

/// volume / exp(log_bias). @throws Error(Geometry) where the grids differ.
[[nodiscard]] core::Volume divide_bias(const core::Volume& volume, const core::Volume& log_bias);

}  // namespace isoscan::preprocess
