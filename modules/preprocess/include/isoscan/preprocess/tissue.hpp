/// @file Three tissue classes in T1w.
#pragma once

#include <array>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

struct TissueFit {
  core::TissueMaps maps;  ///< posteriors, smoothed by 0.5 voxel; zero outside the brain
  std::array<double, core::kTissueCount> mean{};  ///< of the classes, CSF < GM < WM, in the volume's units
  std::array<double, core::kTissueCount> sd{};
  std::array<double, core::kTissueCount> weight{};
};

/// @throws Error(Numeric) where the brain does not show three classes.
[[nodiscard]] TissueFit classify_tissue(const core::Volume& volume, const core::Mask& brain,
                                        const core::Context& context);

/// The source intensity of pure white matter: median of the volume where the posterior exceeds 0.9, eroded by
/// one voxel while enough is left; where none does, the first of 0.8, 0.7, 0.6, 0.5 that 100 voxels exceed.
/// @throws Error(Numeric) where there is none.
[[nodiscard]] double white_matter_level(const core::Volume& volume, const core::TissueMaps& tissue);

}  // namespace isoscan::preprocess
