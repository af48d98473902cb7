/// @file What the script of the index page shows. Private to report.
#pragma once

#include <string>
#include <vector>

#include "isoscan/report/run_report.hpp"

namespace isoscan::report {

/// JSON of columns and rows, short and fit to stand inside a script element: no '<' is in it. Numbers have
/// five significant digits, sites and reasons stand there once; texts went through made_visible and are cut.
/// @param rows  in the order of the page  @param report  its columns and sites
[[nodiscard]] std::string index_data(const std::vector<RunRow>& rows, const RunReport& report);

}  // namespace isoscan::report
