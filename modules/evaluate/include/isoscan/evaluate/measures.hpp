/// @file What the measures and rows of outcome tables mean, in plain words: titles, units, which way is good.
#pragma once

#include <string>

#include "isoscan/report/outcome_report.hpp"

namespace isoscan::evaluate {

/// @param test     OutcomeTable::test: some names mean another thing in another test
/// @param measure  a name of OutcomeTable::measures
/// A measure that is not known has its name as title, no definition, and no good direction.
[[nodiscard]] report::OutcomeMetric measure_named(const std::string& test, const std::string& measure);

/// One line on a row of a table: "bias field, then ..."; empty for a name that is not known.
[[nodiscard]] std::string row_explanation(const std::string& method);

/// What a test answers, one sentence; empty for a name that is not known.
[[nodiscard]] std::string question_of(const std::string& test);

}  // namespace isoscan::evaluate
