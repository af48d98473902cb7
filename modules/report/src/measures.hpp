/// @file The table of measures of one scan. Private to report.
#pragma once

#include <vector>

#include "isoscan/report/scan_report.hpp"

#include "page.hpp"

namespace isoscan::report {

/// Sets the fields of the template's table. `has_output`: values are of the output, not of the input.
void set_measures(const std::vector<Measure>& measures, bool has_output, Fields& page);

/// Of records below kUnchangeableForm, said after a sentence that calls the record earlier.
[[nodiscard]] std::string unchangeable_words();

/// Finite and outside of a sound range, on the side that is not good.
[[nodiscard]] bool lies_outside(const std::optional<double>& value, const std::optional<Range>& reference,
                                Direction direction);

}  // namespace isoscan::report
