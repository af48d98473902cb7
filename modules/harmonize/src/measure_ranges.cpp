#include "isoscan/harmonize/measure_ranges.hpp"

#include "made_range.hpp"

namespace isoscan::harmonize {

std::map<std::string, domain::Range> ranges_of(const std::vector<std::map<std::string, double>>& scans) {
  std::map<std::string, std::vector<double>> values;
  for (const auto& scan : scans) {
    for (const auto& [name, value] : scan) values[name].push_back(value);
  }
  std::map<std::string, domain::Range> ranges;
  for (const auto& [name, list] : values) ranges[name] = range_of(list);
  return ranges;
}

}  // namespace isoscan::harmonize
