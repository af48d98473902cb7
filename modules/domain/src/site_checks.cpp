#include "site_checks.hpp"

#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/transport/fitted_map.hpp"

namespace isoscan::domain {

namespace {

constexpr double kSameSpacing = 0.01;  // share by which two spacings may differ and count as one

core::Error bad(const std::string& what) {
  return {core::ErrorKind::Input, core::printable(what)};
}

bool maps(Method method) {
  return method == Method::Gaussian || method == Method::Enot;
}

/// Empty parts fit.
void require_fit(const SiteModel& model, const LevelSummary& level, const std::string& name) {
  if (level.quantiles.empty()) return;
  if (std::abs(level.spacing_mm - model.spacing_mm) > kSameSpacing * model.spacing_mm) {
    throw bad("tensor \"" + name + "/spacing_mm\" is not the model's spacing");
  }
  if (level.dims() != model.reference.dims()) {
    throw bad("tensor \"" + name + "/feature_mean\" has other columns than the reference's");
  }
}

/// The columns that the map reads begin with all bands, and the map has as many.
void require_map_fits(const SiteModel& model) {
  if (model.band_sd_mm != model.reference.band_sd_mm) {
    throw bad("tensor \"band_sd_mm\" is not the reference's");
  }
  const std::size_t bands = model.band_sd_mm.size() + 1;
  const std::size_t columns = model.map_columns.size();
  if (columns < bands || columns > model.reference.dims()) {
    throw bad("the entries \"map_column\" name " + std::to_string(columns) + " columns, of " +
              std::to_string(bands) + " bands");
  }
  for (std::size_t b = 0; b < bands; ++b) {
    if (model.map_columns[b] != "band" + std::to_string(b)) {
      throw bad("the entries \"map_column\" do not begin with the bands in order");
    }
  }
  if (model.map.tensors.empty()) throw bad("the site model lacks its transport map");
  const std::int64_t dim = transport::FittedMap::from_tensors(model.map).dim();
  if (dim != static_cast<std::int64_t>(columns)) {
    throw bad("the map has " + std::to_string(dim) + " columns, the entries \"map_column\" name " +
              std::to_string(columns));
  }
}

}  // namespace

void require_fits_reference(const SiteModel& model) {
  require_fit(model, model.reference, "reference");
  require_fit(model, model.site, "site");
  require_fit(model, model.site_corrected, "site_corrected");
  require_fit(model, model.site_matched, "site_matched");
  if (maps(model.method)) require_map_fits(model);
}

}  // namespace isoscan::domain
