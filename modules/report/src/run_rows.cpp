#include <algorithm>
#include <tuple>

#include "isoscan/report/run_report.hpp"

#include "measures.hpp"

namespace isoscan::report {
namespace {

std::size_t outside_count(const RunRow& row, const std::vector<MeasureColumn>& columns) {
  std::size_t count = 0;
  for (std::size_t n = 0; n < std::min(columns.size(), row.measures.size()); ++n) {
    count += lies_outside(row.measures[n], columns[n].reference) ? 1 : 0;
  }
  return count;
}

}  // namespace

RunRow run_row(const ScanReport& report, const std::vector<MeasureColumn>& columns, std::string page) {
  RunRow row;
  row.id = report.id;
  row.site = report.provenance.site;
  row.verdict = report.verdict;
  row.reason = report.reason;
  row.warnings = report.warnings.size();
  row.page = std::move(page);
  for (const MeasureColumn& column : columns) {
    const auto measure = std::find_if(report.measures.begin(), report.measures.end(),
                                      [&](const Measure& m) { return m.name == column.name; });
    row.measures.push_back(measure == report.measures.end() ? std::nullopt : measure->value);
  }
  if (report.images) {
    const core::Volume& shown = report.images->after ? *report.images->after : report.images->before;
    row.thumbnail_png = png(thumbnail(shown, report.images->brain));
  }
  return row;
}

std::vector<RunRow> worst_first(std::vector<RunRow> rows, const std::vector<MeasureColumn>& columns) {
  // What needs a person first: verdicts in their order, then many measures outside, then many warnings.
  const auto rank = [](Verdict verdict) {
    return verdict == Verdict::Failed ? 0 : verdict == Verdict::Refused ? 1 : 2;
  };
  const auto key = [&](const RunRow& row) {
    const auto trouble = static_cast<std::ptrdiff_t>(row.warnings + outside_count(row, columns));
    return std::make_tuple(rank(row.verdict), -trouble, row.id);
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const RunRow& a, const RunRow& b) { return key(a) < key(b); });
  return rows;
}

}  // namespace isoscan::report
