#include <algorithm>
#include <cmath>

#include "isoscan/report/run_report.hpp"

#include "text.hpp"

namespace isoscan::report {

namespace {

/// One field of a tab-separated table: no tab and no line break survives. Spreadsheets run what begins like a
/// formula.
std::string field(const std::string& text) {
  std::string safe = made_visible(text);
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c == '\t' || c == '\n'; }, ' ');
  if (!safe.empty() && std::string("=+-@").find(safe.front()) != std::string::npos) safe.insert(0, "'");
  return safe;
}

std::string value_field(const std::vector<std::optional<double>>& values, std::size_t n) {
  if (n >= values.size() || !values[n] || !std::isfinite(*values[n])) return "n/a";
  return config::Json(*values[n]).dump();
}

}  // namespace

std::string scans_table(const RunReport& report) {
  std::string table = "scan\tsite\tverdict\twarnings\treason\toutput_sha256";
  for (const MeasureColumn& column : report.columns)
    table += "\t" + field(column.name) + (column.unit.empty() ? "" : " (" + field(column.unit) + ")");
  for (const RunRow& row : worst_first(report.rows, report.columns)) {
    table += "\n" + field(row.id) + "\t" + field(row.site) + "\t" + name(row.verdict) + "\t" +
             std::to_string(row.warnings) + "\t" + field(row.reason) + "\t" +
             (row.output_sha256.empty() ? "n/a" : field(row.output_sha256));
    for (std::size_t n = 0; n < report.columns.size(); ++n) table += "\t" + value_field(row.measures, n);
  }
  return table + "\n";
}

std::string excluded_table(const RunReport& report) {
  std::string table = "name\twhat\treason\n";
  for (const RunRow& row : worst_first(report.rows, report.columns)) {
    if (row.verdict == Verdict::Failed || row.verdict == Verdict::Refused)
      table += field(row.id) + "\t" + name(row.verdict) + "\t" + field(row.reason) + "\n";
  }
  for (const SetAsideInput& input : report.set_aside)
    table += field(input.name) + "\t" + (input.broken ? "could not be read" : "skipped") + "\t" +
             field(input.reason) + "\n";
  return table;
}

}  // namespace isoscan::report
