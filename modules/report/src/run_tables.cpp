#include <algorithm>
#include <cmath>

#include "isoscan/report/run_report.hpp"

#include "text.hpp"

namespace isoscan::report {

namespace {

std::string value_field(const std::vector<std::optional<double>>& values, std::size_t n) {
  if (n >= values.size() || !values[n] || !std::isfinite(*values[n])) return "n/a";
  return config::Json(*values[n]).dump();
}

}  // namespace

std::string scans_table(const RunReport& report) {
  std::string table = "scan\tsite\tverdict\twarnings\treason\toutput_sha256";
  for (const MeasureColumn& column : report.columns)
    table +=
        "\t" + table_field(column.name) + (column.unit.empty() ? "" : " (" + table_field(column.unit) + ")");
  for (const RunRow& row : worst_first(report)) {
    table += "\n" + table_field(row.id) + "\t" + table_field(row.site) + "\t" + name(row.verdict) + "\t" +
             std::to_string(row.warnings) + "\t" + table_field(row.reason) + "\t" +
             (row.output_sha256.empty() ? "n/a" : table_field(row.output_sha256));
    for (std::size_t n = 0; n < report.columns.size(); ++n) table += "\t" + value_field(row.measures, n);
  }
  return table + "\n";
}

std::string excluded_table(const RunReport& report) {
  std::string table = "name\twhat\treason\n";
  for (const RunRow& row : worst_first(report)) {
    if (row.verdict == Verdict::Failed || row.verdict == Verdict::Refused)
      table += table_field(row.id) + "\t" + name(row.verdict) + "\t" + table_field(row.reason) + "\n";
  }
  for (const SetAsideInput& input : report.set_aside)
    table += table_field(input.name) + "\t" + (input.broken ? "could not be read" : "skipped") + "\t" +
             table_field(input.reason) + "\n";
  return table;
}

}  // namespace isoscan::report
