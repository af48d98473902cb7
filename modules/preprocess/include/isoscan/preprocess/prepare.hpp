/// @file From a native scan to what the rest of Isoscan works on: bias-corrected, white matter = 1, brain and
/// tissue known.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

struct PrepareOptions {
  double working_spacing_mm = 0.0;  ///< isotropic spacing of the working grid; 0 keeps the native grid
};

/// All volumes lie on one grid, the working grid.
struct Prepared {
  core::Volume image;  ///< bias-corrected, white matter = 1 (median of pure white matter); the head stays in
  core::Mask brain;    ///< tight to the cortex, ventricles filled
  core::Mask head;     ///< brain, skull and skin; equals `brain` in skull-stripped scans
  core::TissueMaps tissue;  ///< posteriors in the brain
  core::Volume log_bias;    ///< natural log of the receive field that was divided out; mean 0 in the brain
  double white_matter =
      1.0;  ///< source units of image value 1: source = image * white_matter * exp(log_bias)
  bool skull_stripped = false;  ///< the source holds (nearly) nothing but brain
  std::vector<std::string> warnings;
};

/// @param native  the scan as read, any grid
/// @param brain   a brain mask to take as it is (any grid; nearest neighbour to the working grid), else it is
/// estimated
/// Voxels that are not finite count as 0, with a warning that gives their number.
/// @throws Error(Input), with the reason, where no plausible brain is found (empty, constant, volume outside
/// 500..2200 ml), where the contrast is not T1w (contrast.hpp), and where more than 1 % of the brain is not
/// finite.
[[nodiscard]] Prepared prepare(const core::Volume& native, const std::optional<core::Mask>& brain,
                               const PrepareOptions& options, const core::Context& context);

}  // namespace isoscan::preprocess
