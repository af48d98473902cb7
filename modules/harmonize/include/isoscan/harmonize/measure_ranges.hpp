/// @file What is usual among scans: the spread of each measure over them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isoscan/domain/reference.hpp"

namespace isoscan::harmonize {

/// Mean, SD (0 for one value), least and most of each measure that any scan has, and of how many; a scan that
/// lacks one is left out of that one's range.
/// @param people  the person of each scan, whose scans count as one (Range::scans counts people); empty:
/// every scan is a person of its own. @throws Error(Internal) where there are not as many as scans.
[[nodiscard]] std::map<std::string, domain::Range> ranges_of(
    const std::vector<std::map<std::string, double>>& scans, const std::vector<std::string>& people = {});

}  // namespace isoscan::harmonize
