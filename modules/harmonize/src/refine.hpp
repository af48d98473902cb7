/// @file The rungs between zero-shot and a restorer of the site's own: what the shared restorer says of a
/// site is refined on made pairs of it. Private to harmonize.
#pragma once

#include <string>
#include <vector>

#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/people.hpp"

namespace isoscan::harmonize {

[[nodiscard]] inline bool refines(Rung rung) {
  return rung == Rung::Vector || rung == Rung::Weights || rung == Rung::Ladder;
}

/// Goes on from fit_zero_shot. `model.rung_evidence` says how each rung that was tried does on made scans of
/// people whom it was not refined on; detail gain, gates and errors are of what was kept.
/// @param people  of the reference, at the model's spacing
/// Throws as fit_restoration does. @return distances of the acquisition, as fit_restoration says them
RestorationFit fit_refined(domain::SiteModel& model, const People& people,
                           const std::vector<domain::ScanSummary>& scans,
                           const domain::LevelSummary& corrected, const domain::ReferencePackage& reference,
                           const RestoreOptions& options, const core::Context& context);

/// Which rung was kept and why, in words.
[[nodiscard]] std::string kept_in_words(const domain::SiteModel& model);

}  // namespace isoscan::harmonize
