#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/harmonize/harmonize.hpp"

#include "band_map.hpp"
#include "intensity.hpp"
#include "two_pass.hpp"

namespace isoscan::harmonize {

core::Volume harmonized_image(const preprocess::Prepared& prepared, const domain::SiteModel& model,
                              const core::Context& context) {
  if (domain::lacks_package(model))
    throw core::Error(core::ErrorKind::Input,
                      "the site model lacks what is in its reference package " + model.reference_digest);
  for (const double spacing : prepared.image.grid.spacing_mm()) {
    if (std::abs(spacing - model.spacing_mm) > 0.02 * model.spacing_mm) {
      throw core::Error(core::ErrorKind::Geometry, "the scan was not prepared at the site model's " +
                                                       std::to_string(model.spacing_mm) + " mm");
    }
  }
  core::Volume out = prepared.image;
  switch (model.method) {
    case Method::None:
      break;
    case Method::ZScore:
      match_spread(out, prepared.brain, spread(out, prepared.brain),
                   {model.reference.mean, model.reference.sd});
      break;
    case Method::Nyul:
      apply_curve(
          out, prepared.brain,
          domain::tone_curve(nyul_landmarks(brain_quantiles(out, prepared.brain)), model.nyul_landmarks));
      break;
    case Method::HistogramMatch:
      apply_curve(out, prepared.brain,
                  match_quantiles(brain_quantiles(out, prepared.brain), model.reference.quantiles));
      break;
    case Method::TwoPassHistogramMatch:
      return match_histogram(corrected_image(prepared, model.reference, model.atlas, context), prepared.brain,
                             model.site_corrected.quantiles, model.reference);
    case Method::Gaussian:
    case Method::Enot: {
      const core::Volume corrected =
          corrected_image(prepared, model.reference, model.atlas, context.slice(0.0, 0.5, "match"));
      const core::Volume matched =
          match_histogram(corrected, prepared.brain, model.site_corrected.quantiles, model.reference);
      return apply_band_map(matched, prepared.brain, model, context.slice(0.5, 1.0, "map"));
    }
    case Method::Restore: {
      if (nothing_to_do(model)) break;
      const core::Volume corrected =
          corrected_image(prepared, model.reference, model.atlas, context.slice(0.0, 0.4, "correct"));
      out = restored(corrected, prepared.brain, model, context.slice(0.4, 1.0, "restore"));
      const std::string problem = check_restoration(corrected, out, prepared.brain).problem(model);
      if (!problem.empty()) throw core::Error(core::ErrorKind::Input, "refused: " + problem);
      break;
    }
  }
  return out;
}

}  // namespace isoscan::harmonize
