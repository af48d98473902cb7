/// @file The tables of an outcome page, as HTML. Private to report.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "isoscan/report/outcome_report.hpp"

namespace isoscan::report {

/// Every method against the baseline in each judged measure: a sign and how much. Empty where no measure is
/// judged. @param metrics, rows  at most so many of each
[[nodiscard]] std::string glance_table(const OutcomeReport& report, std::size_t metrics, std::size_t rows);

/// The lines of the whole table, by measure, then by method: each a <tr>.
[[nodiscard]] std::vector<std::string> table_lines(const OutcomeReport& report);

}  // namespace isoscan::report
