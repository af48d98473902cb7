/// @file How a site's scanner sees heads, as against the reference's: the blind physics.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::domain {

/// A number with what it may be off by (SD).
struct Estimate {
  double value = 0.0;
  double sd = 0.0;
  bool operator==(const Estimate&) const = default;
};

/// Of a site less the reference, on the working grid. The default is the reference itself.
struct Acquisition {
  /// Factor on CSF, grey and white matter's brightness, where white matter is 1 in both.
  std::array<Estimate, core::kTissueCount> contrast{{{1.0, 0.0}, {1.0, 0.0}, {1.0, 0.0}}};
  /// Variance of the point spread along world x, y, z, in voxels squared, beyond the reference's own; below 0
  /// the site is the sharper one.
  std::array<Estimate, 3> blur;
  /// Variance of the noise beyond what the reference holds, white matter = 1; 0 where the site is quieter.
  Estimate noise_variance;

  // Where a point spread and white noise do not tell it all (ringing, filters, coloured noise). Else empty.
  /// Taps of a filter after the point spread, symmetric, sum 1: (2 r + 1)^3 numbers along world x, y, z in
  /// voxels, x fastest.
  std::vector<double> detail;
  /// Taps of the filter that makes white noise into the site's, sum of squares 1; laid out in the same way.
  std::vector<double> noise_colour;
  /// With `detail`: the variances, 0 or below, of that part of the point spread in which the site resolves
  /// more than the reference. A sharpening filter does not count: it shows nothing that was not there.
  std::array<double, 3> finer{};

  bool operator==(const Acquisition&) const = default;
};

/// Half the length of the largest filter that an acquisition holds, voxels.
inline constexpr int kLargestTapReach = 8;

/// What one scan tells of its acquisition: the fine structure of the corrected image
/// (features::FineStructure) and the mean brightness of its CSF, grey and white matter, white matter = 1.
struct AcquisitionEvidence {
  std::vector<double> fine_structure;
  std::vector<double> flat_structure;  ///< the same deep in white matter, where there is little but noise,
  std::vector<double> edge_structure;  ///< and elsewhere
  std::array<double, core::kTissueCount> tissue_mean{};
  /// Brightness of CSF that shares its voxels with nothing: the 10 % quantile of ventricles. Where sulci are
  /// thinner than voxels, the class' mean hardly follows CSF's contrast.
  double pure_csf = 0.0;

  bool operator==(const AcquisitionEvidence&) const = default;
};

/// As the tensor `name`.
void put(core::TensorFile& file, const std::string& name, const Acquisition& acquisition);
/// @throws Error(Input) naming the tensor where one is missing or holds what it may not.
[[nodiscard]] Acquisition get_acquisition(const core::TensorFile& file, const std::string& name);
/// Under "name/...".
void put(core::TensorFile& file, const std::string& name, const AcquisitionEvidence& evidence);
[[nodiscard]] AcquisitionEvidence get_acquisition_evidence(const core::TensorFile& file,
                                                           const std::string& name);

}  // namespace isoscan::domain
