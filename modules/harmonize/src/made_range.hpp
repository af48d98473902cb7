/// @file Mean, SD, least and most of what scans show.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "isoscan/domain/reference.hpp"

namespace isoscan::harmonize {

/// @param values  at least one
[[nodiscard]] inline domain::Range range_of(const std::vector<double>& values) {
  domain::Range range{0.0, 0.0, values.front(), values.front(), static_cast<int>(values.size())};
  for (const double v : values) {
    range.mean += v / static_cast<double>(values.size());
    range.min = std::min(range.min, v);
    range.max = std::max(range.max, v);
  }
  for (const double v : values) range.sd += (v - range.mean) * (v - range.mean);
  range.sd = values.size() > 1 ? std::sqrt(range.sd / static_cast<double>(values.size() - 1)) : 0.0;
  return range;
}

}  // namespace isoscan::harmonize
