/// @file Negative controls: where there is nothing to harmonize, nothing may happen.
#pragma once

#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/evaluate/table.hpp"
#include "isoscan/evaluate/travellers.hpp"

namespace isoscan::evaluate {

struct ControlsOptions {
  double spacing_mm = 0.0;  ///< working grid; 0: the coarsest voxel edge (common_spacing)
  int people_site = 4;      ///< learn the "site"
  int people_judged = 4;    ///< in each repeat, at most
  int repeats = 2;          ///< draws of who is who
  double held_db = 45.0;    ///< a scan whose change stays below counts as held
  std::vector<harmonize::Method> methods{domain::kMethods.begin(), domain::kMethods.end()};
  harmonize::FitOptions fit;

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// One scanner's people play reference and site, by lot. With people of a second scanner given, all are mixed
/// before the lot is drawn (shuffled site labels): two sites that are the same mixture. Nobody whom a method
/// learnt from is judged. A value a person and repeat:
///   psnr_db    harmonized against prepared, in the brain, white matter = 1; 100 where no voxel changed
///   unchanged  1 where no voxel changed, else 0: the mean is the share of runs
///   held       1 where unchanged or psnr_db >= held_db
///   change     mean absolute change
/// @throws Error(Config) for options with a problem; Error(Input) with fewer than people_site + 3 people.
[[nodiscard]] OutcomeTable controls(const std::vector<Person>& people, const std::vector<Person>& second,
                                    const ControlsOptions& options, const core::Context& context);

}  // namespace isoscan::evaluate
