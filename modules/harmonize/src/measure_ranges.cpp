#include "isoscan/harmonize/measure_ranges.hpp"

#include "made_range.hpp"
#include "scans_by_person.hpp"

namespace isoscan::harmonize {

std::map<std::string, domain::Range> ranges_of(const std::vector<std::map<std::string, double>>& scans,
                                               const std::vector<std::string>& people) {
  std::map<std::string, std::vector<std::vector<double>>> values;
  for (const std::vector<std::size_t>& own : scans_by_person(scans.size(), people)) {
    std::map<std::string, std::vector<double>> of_person;
    for (const std::size_t n : own) {
      for (const auto& [name, value] : scans[n]) of_person[name].push_back(value);
    }
    for (auto& [name, list] : of_person) values[name].push_back(std::move(list));
  }
  std::map<std::string, domain::Range> ranges;
  for (const auto& [name, list] : values) ranges[name] = range_by_person(list);
  return ranges;
}

}  // namespace isoscan::harmonize
