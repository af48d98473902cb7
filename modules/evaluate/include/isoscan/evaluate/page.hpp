/// @file An outcome table as a page: every method judged against the baseline, ready for
/// report::outcome_page.
#pragma once

#include <string>

#include "isoscan/evaluate/table.hpp"
#include "isoscan/report/outcome_report.hpp"

namespace isoscan::evaluate {

/// What a table does not know of itself.
struct PageFacts {
  std::string command;  ///< without names of files
  std::string date;     ///< "2026-12-01", or ""
};

/// Titles, units, directions and definitions by `measure_named`. A method is better than the baseline, or
/// worse, where the 95 % interval of its gain, in pairs over people, does not hold 0. The gain is the
/// difference of the values (of their distance from the aim, for measures that should be near one). Values
/// that are no numbers count as absent. Measures by repeat have a gain without an interval.
[[nodiscard]] report::OutcomeReport outcome_report(const OutcomeTable& table, const PageFacts& facts);

}  // namespace isoscan::evaluate
