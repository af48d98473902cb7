#include "zero_shot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "isoscan/core/error.hpp"
#include "isoscan/harmonize/shared_restorer.hpp"

#include "made_range.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;

constexpr std::size_t kNearest = 8;  // held-out virtual sites that say what restoring does at such a site
constexpr double kSameSpacing = 0.01;
/// How much further than the furthest held-out virtual site a site may lie.
constexpr double kBeyond = 1.1;

}  // namespace

void fit_zero_shot(domain::SiteModel& model, const std::vector<domain::ScanSummary>& scans,
                   const domain::ReferencePackage& reference, const core::Context& context) {
  const domain::SharedRestorer& shared = reference.shared;
  if (shared.empty()) {
    throw Error(ErrorKind::Input,
                "the reference package holds no shared restorer: make it with `isoscan reference "
                "--restorer`, give the reference's scans (.isoscans), or choose --method enot");
  }
  if (std::abs(model.spacing_mm - reference.spacing_mm) > kSameSpacing * reference.spacing_mm) {
    char text[320];
    std::snprintf(
        text, sizeof text,
        "the site is harmonized at %.3g mm, and the package's shared restorer was taught at %.3g mm: "
        "give the reference's scans (.isoscans), or make a reference with --spacing %.3g --restorer, or "
        "choose --method enot",
        model.spacing_mm, reference.spacing_mm, model.spacing_mm);
    throw Error(ErrorKind::Input, text);
  }
  std::vector<std::vector<double>> statistics;
  for (const domain::ScanSummary& scan : scans) statistics.push_back(site_statistics(scan));
  if (shared.statistics != statistic_names(scans.front().corrected.front().band_sd_mm.size() + 1).names)
    throw Error(
        ErrorKind::Input,
        "the package's shared restorer reads other statistics than this version of Isoscan takes: make "
        "the reference package again, or choose --method enot");
  const domain::SiteDistance distance = domain::site_distance(shared, statistics);
  const double most = shared.known_distances.empty() ? 0.0 : kBeyond * shared.known_distances.back();
  if (!(distance.distance <= most)) {
    char text[320];
    std::snprintf(
        text, sizeof text,
        "the site's scans are further from the reference (%.1f) than all that the shared restorer was "
        "taught (%.1f): give the reference's scans (.isoscans), or choose --method enot",
        std::min(distance.distance, 999.0), most);  // a stored warning holds no longer number
    throw Error(ErrorKind::Input, text);
  }
  model.patch_ball = shared.patch_ball;
  model.patch_surroundings = shared.patch_surroundings;
  model.site_code = domain::site_code(shared, statistics);
  model.site_vector = domain::vector_of_code(shared, model.site_code);
  model.shared_restorer = domain::restorer_of(shared, model.site_vector);
  model.reference_restorer = domain::restorer_of(shared, {});
  model.shared_share = 1.0;
  model.surprise = distance.distance;
  model.null_surprise = domain::null_site_distances(shared, scans.size(), context.seed);
  std::vector<double> correlation;
  std::vector<double> change;
  for (const std::size_t n : domain::nearest_made(shared, statistics)) {
    if (correlation.size() == kNearest) break;
    correlation.push_back(shared.made_gradient_correlation[n]);
    change.push_back(shared.made_change[n]);
  }
  if (correlation.empty()) return;
  model.made_ranges["gradient_correlation"] = range_of(correlation);
  model.made_ranges["change_rms"] = range_of(change);
  model.made_people = std::min(static_cast<int>(correlation.size()), shared.made_people);
}

}  // namespace isoscan::harmonize
