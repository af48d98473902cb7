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
  std::size_t people = 0;  ///< of the site in this run, with a value after; sessions of one count once
  std::optional<double> before;
  double after = 0.0;
  /// With no difference between the sites, 95 % of such runs lie within plus or minus this; nothing where it
  /// is not known how many people the reference is of.
  std::optional<double> chance;
  bool cannot_change = false;  ///< by harmonizing: told from the input alone, `after` is `before`
  /// Of these people before, less the mean of the scans that the map was learnt from; beyond `drift_chance`
  /// the site is not what it was. Nothing where these are those.
  std::optional<double> drift;
  std::optional<double> drift_chance;
};

/// Whom the site's map was learnt from: people, or scans where it is not known of how many people; 0:
/// neither.
[[nodiscard]] std::size_t learnt_from(const SiteFit& fit);

/// t sqrt(1/k + 1/n): 95 % of differences of two means, of k and n people of one population, lie within plus
/// or minus this many SDs, where the SD is that of `reference` people (t of reference - 1 degrees). Nothing
/// where a number is not known (0), or the reference is of one. k above 0.
[[nodiscard]] std::optional<double> chance_of_difference(std::size_t k, std::size_t n, std::size_t reference);

/// By site, then column: of each measure whose reference has a mean and an SD above 0.
[[nodiscard]] std::vector<SiteEffect> site_effects(const RunReport& report);

/// How many of the differences lie beyond chance, and how many would with no difference at all; "" of none.
/// What cannot change is counted before alone, and said.
[[nodiscard]] std::string chance_words(const std::vector<SiteEffect>& effects);

/// Why drift cannot be told, one sentence; "" where it can, or nothing is known of the site.
[[nodiscard]] std::string drift_words(const SiteFit& site);

/// That the reference is of too few people to call a scan unusual, one sentence, or "".
[[nodiscard]] std::string few_people_words(const SiteFit& site);

/// What so many scans can tell: "Learnt from 5 scans of 3 people against 20 people of the reference: ...".
[[nodiscard]] std::string sample_size_words(const SiteFit& site);

}  // namespace isoscan::report
