/// @file Scan and rescan: the same person twice at one scanner. Harmonizing may take noise away, it may not
/// invent a difference, nor hide one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/evaluate/table.hpp"
#include "isoscan/evaluate/travellers.hpp"

namespace isoscan::evaluate {

struct ScanPair {
  std::string id;  ///< the person
  Person first;
  Person second;
};

struct RescanOptions {
  double spacing_mm = 0.0;  ///< working grid; 0: the coarsest voxel edge of all scans (common_spacing)
  int people_site = 4;      ///< learn the site
  /// Given: pairs and site people are seen through it, each session with its own noise and coil load, and the
  /// reference is the other people as they are. Not given: the reference is another scanner's people.
  std::optional<phantom::VirtualScanner> scanner;
  std::vector<harmonize::Method> methods{domain::kMethods.begin(), domain::kMethods.end()};
  harmonize::FitOptions fit;

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// Both sessions are harmonized each by itself, with the model of their site. The second is brought to the
/// place of the first by a rigid motion, found on the images before harmonizing (rigid_motion: heads lie
/// differently in each session) and the same for all methods; the difference is taken where both brains
/// are. Measures by person:
///   ratio           root mean square difference over the same before harmonizing: above 1 is invented, far
///                   below 1 is a difference, or detail, taken away
///   contrast_ratio  the same with each difference in units of the brain's SD: a method that stretches or
///                   shrinks contrast changes `ratio` by that alone
///   difference      root mean square, white matter = 1
///   correlation     between the sessions, in the brain
///   quantile_ratio  root mean square between the two brains' quantile functions, over the same before: needs
///                   no alignment
/// @param pairs      never learnt from
/// @param site       further people of that scanner; of those, `people_site` drawn by seed
/// @param reference  people of another scanner; empty with a virtual scanner, whose reference is the rest of
///                   `site`
/// @throws Error(Config) for options with a problem; Error(Input) where too few people are left.
[[nodiscard]] OutcomeTable rescan(const std::vector<ScanPair>& pairs, const std::vector<Person>& site,
                                  const std::vector<Person>& reference, const RescanOptions& options,
                                  const core::Context& context);

}  // namespace isoscan::evaluate
