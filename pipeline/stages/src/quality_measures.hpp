/// @file Image quality and anatomy of one scan as measures of its report.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/domain/site_ranges.hpp"
#include "isoscan/preprocess/prepare.hpp"
#include "isoscan/report/scan_report.hpp"

#include "scan_values.hpp"

namespace isoscan::stages {

/// What is usual: few scans show less than their spread, so the interval is that of the normal law (99 % of
/// people) where it is wider than what was seen.
[[nodiscard]] report::Range usual(const domain::Range& seen);

/// What others show, by the names of domain::measures and quality::measure_image_quality.
struct KnownScans {
  std::map<std::string, domain::Range> reference;
  domain::SiteRanges site;
};

/// Sets what the reference's and the site's scans show of a measure, where it is known by this name.
void compare(report::Measure& measure, const std::string& name, const KnownScans& known);

/// quality::measure_image_quality before and after, on the working grid and the tissue of the input. What
/// makes no sense on this image says why.
void add_image_quality(std::vector<report::Measure>& measures, const preprocess::Prepared& before,
                       const preprocess::Prepared& after, const KnownScans& known);

/// Is the anatomy kept: tissue classes found again in the output against those of the input, and dark spots
/// inside white matter (lesions, wide vessels' spaces) with their contrast.
void add_anatomy(std::vector<report::Measure>& measures, const preprocess::Prepared& before,
                 const preprocess::Prepared& after, const core::Context& context);

}  // namespace isoscan::stages
