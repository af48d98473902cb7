/// @file Image quality and anatomy of one scan as measures of its report.
#pragma once

#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/preprocess/prepare.hpp"
#include "isoscan/report/scan_report.hpp"

namespace isoscan::stages {

/// quality::measure_image_quality before and after, on the working grid and the tissue of the input. What
/// makes no sense on this image says why.
void add_image_quality(std::vector<report::Measure>& measures, const preprocess::Prepared& before,
                       const preprocess::Prepared& after);

/// Is the anatomy kept: tissue classes found again in the output against those of the input, and dark spots
/// inside white matter (lesions, wide vessels' spaces) with their contrast.
void add_anatomy(std::vector<report::Measure>& measures, const preprocess::Prepared& before,
                 const preprocess::Prepared& after, const core::Context& context);

}  // namespace isoscan::stages
