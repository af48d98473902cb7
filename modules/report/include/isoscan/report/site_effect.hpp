/// @file How far a site as a whole lies from the reference, before and after, held against chance.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/report/run_report.hpp"

namespace isoscan::report {

/// Differences of means over SD between the reference's people (Glass's delta); 0 is no difference.
struct SiteEffect {
  std::string site;
  std::size_t column = 0;  ///< of RunReport::columns
  std::size_t scans = 0;   ///< of the site in this run, with a value after
  std::optional<double> before;
  double after = 0.0;
  double chance =
      0.0;  ///< with no difference between the sites, 95 % of such runs lie within plus or minus this
  /// Of these scans as they came, less the mean of those that the map was learnt from; beyond `drift_chance`
  /// the site is not what it was. Nothing where these are those.
  std::optional<double> drift;
  double drift_chance = 0.0;
};

/// 1.96 sqrt(1/k + 1/n): chance in the difference of two means of k and n people of one population, in SDs
/// between people; n = 0 (not known): without chance of its own. k above 0.
[[nodiscard]] double chance_of_difference(std::size_t k, std::size_t n);

/// By site, then column: of each measure whose reference has a mean and an SD above 0.
[[nodiscard]] std::vector<SiteEffect> site_effects(const RunReport& report);

/// Why drift cannot be told, one sentence; "" where it can, or nothing is known of the site.
[[nodiscard]] std::string drift_words(const SiteFit& site);

/// What so many scans can tell, one sentence: "learnt from 5 scans against 20 of the reference: ...".
[[nodiscard]] std::string sample_size_words(const SiteFit& site);

}  // namespace isoscan::report
