/// @file A site that resolves more than the reference: its detail is kept.
#pragma once

#include "isoscan/domain/site.hpp"

namespace isoscan::harmonize {

/// Whether the site surely resolves more than the reference along some axis: its point spread is narrower by
/// more than two SDs of its estimate. A sharpening filter alone does not count.
[[nodiscard]] bool is_sharper(const domain::Acquisition& acquisition);

/// Of a sharper site the shared restorer's answer is left out, with a warning: no virtual site is sharper
/// than the reference, so to it that detail is noise or a filter, and its half of the mean would take half of
/// it away.
void keep_detail_of_sharper(domain::SiteModel& model);

}  // namespace isoscan::harmonize
