/// @file Which scans are of one person.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "isoscan/core/error.hpp"

namespace isoscan::harmonize {

/// The places of each person's scans, people in the order of their first one.
/// @param people  the person of each scan; empty: every scan is a person of its own
/// @throws Error(Internal) where there are not as many as scans.
[[nodiscard]] inline std::vector<std::vector<std::size_t>> scans_by_person(
    std::size_t scans, const std::vector<std::string>& people) {
  if (!people.empty() && people.size() != scans)
    throw core::Error(core::ErrorKind::Internal, "people are named of " + std::to_string(people.size()) +
                                                     " scans, and there are " + std::to_string(scans));
  std::vector<std::vector<std::size_t>> groups;
  std::map<std::string, std::size_t> places;
  for (std::size_t n = 0; n < scans; ++n) {
    const std::size_t place =
        people.empty() ? groups.size() : places.try_emplace(people[n], groups.size()).first->second;
    if (place == groups.size()) groups.emplace_back();
    groups[place].push_back(n);
  }
  return groups;
}

}  // namespace isoscan::harmonize
