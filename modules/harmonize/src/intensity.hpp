/// @file Intensity statistics of a brain and the curves between them: the classical baselines.
#pragma once

#include <vector>

#include "isoscan/core/volume.hpp"
#include "isoscan/domain/tone_curve.hpp"

namespace isoscan::harmonize {

/// The brain's quantiles at domain::kQuantileCount even probabilities. @throws Error(Numeric) on an empty
/// mask.
[[nodiscard]] std::vector<double> brain_quantiles(const core::Volume& image, const core::Mask& brain);

struct Spread {
  double mean = 0.0;
  double sd = 0.0;
};
[[nodiscard]] Spread spread(const core::Volume& image, const core::Mask& brain);

/// From one quantile function to another (histogram matching). The outermost 0.2 % are left to the curve's
/// continuation: they are vessels and noise.
[[nodiscard]] domain::ToneCurve match_quantiles(const std::vector<double>& from,
                                                const std::vector<double>& to);

/// Percentiles 1, 10, 20 ... 90, 99 of a quantile function (Nyul et al., IEEE TMI 2000).
[[nodiscard]] std::vector<double> nyul_landmarks(const std::vector<double>& quantiles);
/// The standard scale: each scan's landmarks stretched so that its ends meet the mean ends, then averaged.
[[nodiscard]] std::vector<double> nyul_standard(const std::vector<std::vector<double>>& landmarks);

/// A straight line through (mean, mean) with the ratio of the SDs as its slope.
void match_spread(core::Volume& image, const core::Mask& brain, const Spread& from, const Spread& to);

/// Voxels of the brain through the curve; the others stay.
void apply_curve(core::Volume& image, const core::Mask& brain, const domain::ToneCurve& curve);

}  // namespace isoscan::harmonize
