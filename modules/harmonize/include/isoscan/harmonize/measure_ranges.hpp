/// @file What is usual among scans: the spread of each measure over them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isoscan/domain/reference.hpp"

namespace isoscan::harmonize {

/// Mean, SD (0 for one value), least and most of each measure that any scan has, and of how many; a scan that
/// lacks one is left out of that one's range.
[[nodiscard]] std::map<std::string, domain::Range> ranges_of(
    const std::vector<std::map<std::string, double>>& scans);

}  // namespace isoscan::harmonize
