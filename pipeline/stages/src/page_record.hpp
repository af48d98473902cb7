#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/report/run_report.hpp"
#include "isoscan/report/scan_report.hpp"

namespace isoscan::stages {

/// The measures that the index page shows.
[[nodiscard]] std::vector<report::MeasureColumn> columns();

[[nodiscard]] config::Json to_json(const report::Measure& measure);
[[nodiscard]] report::Measure measure_of(const config::Json& json);

/// A row of the index without what depends on names (id, site, link), and back.
[[nodiscard]] config::Json row_json(const report::RunRow& row);
[[nodiscard]] report::RunRow row_of(const config::Json& json, const boost::filesystem::path& thumbnail_png,
                                    const std::string& id, const std::string& site, const std::string& page);

}  // namespace isoscan::stages
