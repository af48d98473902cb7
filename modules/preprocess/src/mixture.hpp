/// @file The intensities of a brain as a mixture: three pure tissues and the voxels that hold two. Private to
/// preprocess.
#pragma once

#include <array>
#include <vector>

#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// How many voxels at which intensity. The bins need not be equally wide.
struct IntensityCounts {
  std::vector<double> intensity;  ///< rising
  std::vector<double> count;
};

using PerTissue = std::array<double, core::kTissueCount>;

/// Pure tissues are Gaussian; a voxel between two neighbouring tissues holds a share of each, all shares
/// alike (partial volume classes, Laidlaw et al. 1998; Shattuck et al. 2001); a thin uniform class takes what
/// is neither.
struct Mixture {
  PerTissue mean{};
  PerTissue sd{};
  PerTissue weight{};                    ///< of the pure classes
  std::array<double, 2> mixed_weight{};  ///< CSF with grey matter, grey with white matter
  double outlier_density = 0.0;          ///< weight times density
  double log_likelihood = 0.0;           ///< mean over the voxels

  /// Of one intensity: probability of each pure class, and the expected share of each tissue (these sum to
  /// one but for the outlier class).
  struct Posterior {
    PerTissue pure{};
    PerTissue share{};
  };
  [[nodiscard]] Posterior posterior(double intensity) const;
  /// Shares of each tissue in the whole.
  [[nodiscard]] PerTissue volume_share() const;
};

/// EM from several quantile starts, the likeliest end wins. @throws Error(Numeric) without three classes.
[[nodiscard]] Mixture fit_mixture(const IntensityCounts& counts);

/// EM steps from where `mixture` stands. fixed_mean: the means stay.
void refine_mixture(Mixture& mixture, const IntensityCounts& counts, int steps, bool fixed_mean);

}  // namespace isoscan::preprocess
