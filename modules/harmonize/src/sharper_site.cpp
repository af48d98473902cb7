#include "sharper_site.hpp"

namespace isoscan::harmonize {

bool is_sharper(const domain::Acquisition& acquisition) {
  constexpr double kSure = 2.0;  // SDs
  for (std::size_t a = 0; a < acquisition.blur.size(); ++a) {
    const double variance = acquisition.detail.empty() ? acquisition.blur[a].value : acquisition.finer[a];
    if (variance + kSure * acquisition.blur[a].sd < 0.0) return true;
  }
  return false;
}

void keep_detail_of_sharper(domain::SiteModel& model) {
  if (model.shared_restorer.empty() || !is_sharper(model.acquisition)) return;
  model.site_code.clear();
  model.site_vector.clear();
  model.shared_restorer = {};
  model.reference_restorer = {};
  model.shared_share = 0.0;
  model.warnings.emplace_back(
      "the site has a restorer of its own alone: it is sharper than the reference, and the shared restorer "
      "would take that detail away");
}

}  // namespace isoscan::harmonize
