/// @file A site told by the package's shared restorer alone: no image of the reference, nothing trained.
#pragma once

#include <vector>

#include "isoscan/harmonize/harmonize.hpp"

namespace isoscan::harmonize {

/// Fits the parts of the method "restore". @param scans  summed up for "restore", at the package's own
/// spacing
/// @throws Error(Input) where the package holds no shared restorer, the scans' working spacing is not the
/// package's own, or the site lies further off than all that the restorer was taught by more than a tenth.
void fit_zero_shot(domain::SiteModel& model, const std::vector<domain::ScanSummary>& scans,
                   const domain::ReferencePackage& reference, const core::Context& context);

/// Whether the receive field is fitted against the package's atlas: the shared restorer was taught so.
[[nodiscard]] inline bool by_atlas(const RestoreOptions& options, const domain::ReferencePackage& reference) {
  return options.atlas || (options.rung != Rung::PerSite && !reference.shared.empty());
}

}  // namespace isoscan::harmonize
