/// @file Is the anatomy kept? Tissue before and after (or against a truth), lesions against their
/// surroundings.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "isoscan/core/volume.hpp"

namespace isoscan::quality {

/// Of each voxel the most probable class (core::Tissue), where the posteriors sum to more than 0.5; else -1.
[[nodiscard]] std::vector<std::int8_t> tissue_classes(const core::TissueMaps& tissue);

/// 2 |a b| / (|a| + |b|) of each tissue, 0..1; none where both are empty.
using TissueDice = std::array<std::optional<double>, core::kTissueCount>;
/// @throws Error(Internal) where they are not of as many voxels.
[[nodiscard]] TissueDice tissue_dice(const std::vector<std::int8_t>& a, const std::vector<std::int8_t>& b);

/// Two segmentations of one head.
struct TissueAgreement {
  TissueDice dice;                                           ///< of tissue_classes
  std::array<double, core::kTissueCount> volume_ml{};        ///< of a: sum of the posteriors
  std::array<double, core::kTissueCount> truth_volume_ml{};  ///< of the truth
  std::optional<double>
      csf_volume_error;  ///< (a - truth) / truth of CSF, -1 and up; none where the truth has none
};
/// @throws Error(Geometry) where the grids differ.
[[nodiscard]] TissueAgreement tissue_agreement(const core::TissueMaps& tissue, const core::TissueMaps& truth);

struct LesionOptions {
  double ring_mm = 4.0;  ///< outer radius of the ring around each lesion
  double gap_mm = 1.0;   ///< what is nearer than this is neither lesion nor ring: it holds partial volume
  [[nodiscard]] const char* problem() const;  ///< empty when usable
};

/// Means over lesions (26-connected), weighted by their voxels, each against its own ring, so that slow
/// changes of intensity do not count.
struct LesionContrast {
  double lesion = 0.0;    ///< mean intensity in the lesions
  double ring = 0.0;      ///< mean intensity in the rings around them
  double contrast = 0.0;  ///< (ring - lesion) / ring: above 0 is darker than the surroundings, 0 is invisible
  /// Volume at half contrast: voxels of a lesion, and those of its gap and ring that are face-connected with
  /// them, which are nearer to the lesion's mean than to the ring's. A lesion whose contrast has the other
  /// sign than the whole has none.
  double volume_ml = 0.0;
};

/// Lesions against their rings, which are taken inside `within` (white matter, so that ventricles do not
/// count) and keep clear of every lesion. A lesion with fewer than 10 voxels of ring is left out. No value
/// where none is left.
/// @throws Error(Geometry) where the grids differ, Error(Config) for bad options.
[[nodiscard]] std::optional<LesionContrast> lesion_contrast(const core::Volume& image,
                                                            const core::Mask& lesions,
                                                            const core::Mask& within,
                                                            const LesionOptions& options = {});

/// contrast(image) / contrast(truth): 1 is kept, 0 is lost, below 0 is turned over. "Truth" is what the input
/// still held: judge against the scan before harmonization. No value where either has none, or the truth's
/// contrast is under 0.01.
[[nodiscard]] std::optional<double> lesion_contrast_ratio(const core::Volume& image,
                                                          const core::Volume& truth,
                                                          const core::Mask& lesions, const core::Mask& within,
                                                          const LesionOptions& options = {});

}  // namespace isoscan::quality
