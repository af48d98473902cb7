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

  bool operator==(const Acquisition&) const = default;
};

/// What one scan tells of its acquisition: the fine structure of the corrected image
/// (features::FineStructure) and the mean brightness of its CSF, grey and white matter, white matter = 1.
struct AcquisitionEvidence {
  std::vector<double> fine_structure;
  std::array<double, core::kTissueCount> tissue_mean{};

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
