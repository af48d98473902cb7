// A site's file leaves to its reference package what it has in common with all other sites.
#include "isoscan/core/error.hpp"
#include "isoscan/domain/site.hpp"

#include "site_checks.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;

void add_shared_restorer(SiteModel& model, const SharedRestorer& shared) {
  if (rung_of(model) == Rung::PerSite) return;
  if (shared.empty()) throw Error(ErrorKind::Input, "the reference package holds no shared restorer");
  if (!model.site_code.empty()) model.site_vector = vector_of_code(shared, model.site_code);
  SharedRestorer copy;  // of a site that has weights of its own
  if (!model.shared_parameters.empty()) {
    if (model.shared_parameters.size() != shared.parameters.size())
      throw Error(ErrorKind::Input, "tensor \"shared_parameters\" does not fit the shared restorer");
    copy = shared;
    copy.parameters = model.shared_parameters;
  }
  const SharedRestorer& of_site = copy.empty() ? shared : copy;
  model.shared_restorer = restorer_of(of_site, model.site_vector);
  model.reference_restorer = restorer_of(of_site, {});
  if (!model.restorer.empty() && model.restorer.dims != model.shared_restorer.dims)
    throw Error(ErrorKind::Input, "tensor \"restorer/row_mean\" does not fit the shared restorer");
}

}  // namespace

void complete(SiteModel& model, const ReferencePackage& package) {
  if (!lacks_package(model)) return;
  if (const std::string given = digest(package); given != model.reference_digest)
    throw Error(ErrorKind::Input, "the site was adapted to the reference package " + model.reference_digest +
                                      ", and the one given is " + given +
                                      ": give the package that it was adapted to, or adapt the site again");
  const ReferenceLevel& level = package.level(model.spacing_mm);
  model.reference = level.pooled;
  model.reference.rows.clear();
  model.nyul_landmarks = level.nyul_landmarks;
  model.reference_ranges = level.ranges;
  model.histogram_low = level.histogram_low;
  model.histogram_high = level.histogram_high;
  model.plausibility = package.plausibility;
  if (model.by_atlas) model.atlas = package.atlas;
  add_shared_restorer(model, package.shared);
  require_fits_reference(model);
}

}  // namespace isoscan::domain
