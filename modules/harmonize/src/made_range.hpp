/// @file Mean, SD, least and most of what scans or people show.
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

/// Sessions of a person are no further people: the mean is that over people, each by the mean of its scans;
/// the SD that of one scan of one person (the SD of such means, and what scans of one person differ by beyond
/// what their means hold of it); least and most are of all scans; `scans` counts people.
/// @param people  the values of each person's scans, at least one person, none without a value
[[nodiscard]] inline domain::Range range_by_person(const std::vector<std::vector<double>>& people) {
  std::vector<double> means;
  std::vector<double> all;
  double within = 0.0;
  double shares = 0.0;  // of what scans of one person differ by, in the means
  for (const std::vector<double>& scans : people) {
    const domain::Range own = range_of(scans);
    const auto count = static_cast<double>(scans.size());
    means.push_back(own.mean);
    all.insert(all.end(), scans.begin(), scans.end());
    within += own.sd * own.sd * (count - 1.0);
    shares += 1.0 / (count * static_cast<double>(people.size()));
  }
  domain::Range range = range_of(means);
  const auto freedom = static_cast<double>(all.size() - people.size());
  if (freedom == 0.0) return range;  // exactly that of the scans
  range.sd = std::sqrt(range.sd * range.sd + within / freedom * (1.0 - shares));
  range.min = *std::min_element(all.begin(), all.end());
  range.max = *std::max_element(all.begin(), all.end());
  return range;
}

}  // namespace isoscan::harmonize
