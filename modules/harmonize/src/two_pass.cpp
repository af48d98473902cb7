#include "two_pass.hpp"

#include <cmath>

#include "isoscan/preprocess/bias.hpp"

#include "intensity.hpp"

namespace isoscan::harmonize {

core::Volume two_pass_match(const core::Volume& image, const core::Mask& brain,
                            const domain::LevelSummary& reference, const core::Context& context) {
  core::Volume out = image;
  apply_curve(out, brain, match_quantiles(brain_quantiles(out, brain), reference.quantiles));
  const core::Volume log_bias =
      preprocess::estimate_log_bias_given_tissue(out, brain, reference.tissue_mean, context);
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    if (brain.voxels[n] != 0) out.voxels[n] *= std::exp(-log_bias.voxels[n]);
  }
  apply_curve(out, brain, match_quantiles(brain_quantiles(out, brain), reference.quantiles));
  return out;
}

}  // namespace isoscan::harmonize
