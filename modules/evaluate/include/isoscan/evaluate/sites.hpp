/// @file Two real scanners, nobody scanned at both: how much of the site is left after harmonizing, and is
/// the anatomy still the people's own?
#pragma once

#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/evaluate/classifier.hpp"
#include "isoscan/evaluate/table.hpp"
#include "isoscan/evaluate/travellers.hpp"

namespace isoscan::evaluate {

struct SitesOptions {
  double spacing_mm = 0.0;  ///< working grid; 0: the coarsest voxel edge of either site (common_spacing)
  int people_site = 4;      ///< learn the site
  int people_judged = 8;    ///< of each site, at most; of the reference at most half of its people
  int repeats = 5;          ///< draws of folds, forests, halves and directions
  std::size_t rows_per_person = 2000;  ///< patches
  std::vector<harmonize::Method> methods{domain::kMethods.begin(), domain::kMethods.end()};
  ForestOptions forest;
  harmonize::FitOptions fit;

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// The reference is learnt from its people but those who are judged, the site from `people_site` others; so
/// nobody whom a method learnt from is judged. Context::seed draws who is who. Measures of each method:
///   patch_accuracy, patch_auc  random forest on band-space rows without head coordinates
///                              (features::encode_sample), people held out; accuracy over patches, area under
///                              the curve of people's votes
///   image_accuracy, image_auc  ridge classifier on domain::measures and five quantiles, leave one person out
///   patch_distance             sliced Wasserstein-2 between raw 3^3 patches: a space in which no method is
///                              trained; white matter = 1
///   quantile_distance          root mean square between the mean quantile functions of the two sites
///   csf_points, gm_points, wm_points  share of the brain after less before, in percentage points, by person
/// The first six have one value a repeat. Further rows, measured in the same way: "null: reference halves",
/// the reference against itself, in as many people. A method that leaves less than the null leaves nothing.
/// @throws Error(Config) for options with a problem; Error(Input) with fewer than four reference people or
/// people_site + 2 of the site.
[[nodiscard]] OutcomeTable sites(const std::vector<Person>& reference, const std::vector<Person>& site,
                                 const SitesOptions& options, const core::Context& context);

}  // namespace isoscan::evaluate
