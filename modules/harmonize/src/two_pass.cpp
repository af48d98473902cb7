#include "two_pass.hpp"

#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/preprocess/atlas_bias.hpp"
#include "isoscan/preprocess/bias.hpp"
#include "isoscan/preprocess/tissue.hpp"

#include "intensity.hpp"

namespace isoscan::harmonize {

core::Volume corrected_image(const preprocess::Prepared& prepared, const domain::LevelSummary& reference,
                             const preprocess::Atlas& atlas, const core::Context& context) {
  const core::Mask& brain = prepared.brain;
  core::Volume matched =
      match_histogram(prepared.image, brain, brain_quantiles(prepared.image, brain), reference);
  for (std::size_t n = 0; n < matched.voxels.size(); ++n) {  // the field of the first pass goes back in
    if (brain.voxels[n] != 0) matched.voxels[n] *= std::exp(prepared.log_bias.voxels[n]);
  }
  // The first pass' prior: what is looked for is no small remainder.
  const core::Volume whole =
      atlas.empty()
          ? preprocess::estimate_log_bias_given_tissue(matched, brain, reference.tissue_mean, context,
                                                       preprocess::BiasOptions{})
          : preprocess::estimate_log_bias_against_atlas(matched, brain, atlas, prepared.log_bias, context);
  core::Volume out = prepared.image;
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    if (brain.voxels[n] != 0) out.voxels[n] *= std::exp(prepared.log_bias.voxels[n] - whole.voxels[n]);
  }
  const auto white = static_cast<float>(preprocess::white_matter_level(out, prepared.tissue));
  if (!(white > 0.0F))
    throw core::Error(core::ErrorKind::Numeric, "no white matter level after the second bias pass");
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    if (brain.voxels[n] != 0) out.voxels[n] /= white;
  }
  return out;
}

core::Volume match_histogram(core::Volume image, const core::Mask& brain, const std::vector<double>& from,
                             const domain::LevelSummary& reference) {
  apply_curve(image, brain, match_quantiles(from, reference.quantiles));
  return image;
}

}  // namespace isoscan::harmonize
