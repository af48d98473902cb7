/// @file Made-up people for experiments, each made once: making a head takes longer than judging it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isoscan/core/random.hpp"
#include "isoscan/evaluate/travellers.hpp"
#include "isoscan/phantom/head.hpp"

namespace isoscan::evaluate::test {

inline constexpr double kSpacing = 3.0;

inline const phantom::SyntheticHead& head_of(int n) {
  static std::map<int, phantom::SyntheticHead> made;
  const auto found = made.find(n);
  if (found != made.end()) return found->second;
  phantom::HeadOptions options;
  options.grid = phantom::head_grid(kSpacing);
  options.lesion_ml = n == 1 ? 4.0 : 0.0;
  return made.emplace(n, phantom::make_head(options, static_cast<std::uint64_t>(700 + n), {})).first->second;
}

/// Person n at a scanner; `session` changes the noise, the coil load and the gain.
inline Person person_at(const phantom::VirtualScanner& scanner, int n, int session = 1) {
  Person person;
  person.id = scanner.name + "-" + std::to_string(n) + "-" + std::to_string(session);
  person.load = [scanner, n, session] {
    const phantom::SyntheticHead& head = head_of(n);
    return phantom::scan_with(scanner, head.image, head.brain, head.tissue, 5,
                              static_cast<std::uint64_t>(100 * n + session), {})
        .image;
  };
  person.load_brain = [n](const core::Grid&) { return std::optional<core::Mask>(head_of(n).brain); };
  return person;
}

inline std::vector<Person> people_at(const phantom::VirtualScanner& scanner, int from, int count) {
  std::vector<Person> people;
  for (int n = from; n < from + count; ++n) people.push_back(person_at(scanner, n));
  return people;
}

inline Person broken_person() {
  Person person;
  person.id = "broken";
  person.load = []() -> core::Volume { throw core::Error(core::ErrorKind::Input, "ends too soon"); };
  return person;
}

inline double mean_of(const OutcomeTable& table, const std::string& method, const std::string& measure) {
  for (const TableRow& row : table.rows) {
    if (row.method == method) return statistic(row.measures.at(measure))->mean;
  }
  return -1e9;
}

}  // namespace isoscan::evaluate::test
