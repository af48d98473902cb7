/// @file One of the reference's people as a virtual site sees them. Private to harmonize.
#pragma once

#include <cstdint>

#include "isoscan/harmonize/restoration.hpp"
#include "isoscan/harmonize/shared_restorer.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"

namespace isoscan::harmonize {

/// What tells a site, of a scan that is corrected already.
[[nodiscard]] std::vector<double> statistics_of(const core::Volume& corrected, const core::Mask& brain,
                                                const domain::LevelSummary& reference,
                                                const core::Context& context);

/// One virtual scan: what tells its site, and (with rows) what is learnt from it. The pair goes to `kept`.
[[nodiscard]] domain::SharedScan virtual_scan(
    const preprocess::Prepared& person, const phantom::VirtualScanner& scanner, std::uint64_t scanner_seed,
    std::uint64_t scan_seed, const domain::LevelSummary& reference, const preprocess::Atlas& atlas,
    const SharedOptions& options, bool with_rows, const core::Context& context, Pair* kept = nullptr);

}  // namespace isoscan::harmonize
