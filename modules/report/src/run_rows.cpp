#include <algorithm>
#include <map>
#include <tuple>

#include "isoscan/report/run_report.hpp"

#include "measures.hpp"
#include "report_places.hpp"

namespace isoscan::report {
namespace {

std::size_t outside_count(const RunRow& row, const std::vector<MeasureColumn>& columns) {
  std::size_t count = 0;
  for (std::size_t n = 0; n < std::min(columns.size(), row.measures.size()); ++n) {
    count += lies_outside(row.measures[n], columns[n].reference, columns[n].direction) ? 1 : 0;
  }
  return count;
}

}  // namespace

void set_scans(RunReport& run, const std::vector<ScanReport>& scans,
               const std::vector<std::string>& in_table) {
  std::map<std::string, std::size_t> place;
  const auto column_of = [&](const Measure& measure) {
    const auto [found, fresh] = place.try_emplace(measure.name, run.columns.size());
    if (fresh) {
      const bool shown = std::find(in_table.begin(), in_table.end(), measure.name) != in_table.end();
      run.columns.push_back({measure.name, measure.unit, measure.explanation, measure.reference,
                             measure.direction, shown, measure.reference_mean, measure.reference_sd});
    }
    return found->second;
  };
  run.columns.clear();
  run.rows.clear();
  run.sites.clear();
  for (const ScanReport& scan : scans) {
    for (const Measure& measure : scan.measures) (void)column_of(measure);
  }
  std::map<std::string, SiteFit> sites;
  for (const ScanReport& scan : scans) {
    RunRow row;
    row.id = scan.id;
    row.site = scan.provenance.site;
    row.verdict = scan.verdict;
    row.reason = scan.reason;
    row.warnings = scan.warnings.size();
    row.output_sha256 = scan.provenance.output_sha256;
    row.page = page_place(scan.id);
    row.measures.resize(run.columns.size());
    row.before.resize(run.columns.size());
    SiteFit fit{row.site, scan.provenance.site_scans, scan.provenance.reference_scans, {}};
    fit.fitted.resize(run.columns.size());
    fit.fitted_sd.resize(run.columns.size());
    fit.learnt_here = scan.provenance.learnt_here;
    for (const Measure& measure : scan.measures) {
      const std::size_t column = column_of(measure);
      row.measures[column] = measure.value;
      row.before[column] = measure.before;
      fit.fitted[column] = measure.fitted;
      fit.fitted_sd[column] = measure.fitted_sd;
    }
    if (fit.scans > 0) {
      // All scans of a site tell the same; one without an output tells nothing.
      SiteFit& kept = sites.try_emplace(row.site, fit).first->second;
      for (std::size_t column = 0; column < run.columns.size(); ++column) {
        if (kept.fitted[column]) continue;
        kept.fitted[column] = fit.fitted[column];
        kept.fitted_sd[column] = fit.fitted_sd[column];
      }
    }
    run.rows.push_back(std::move(row));
  }
  for (auto& [name, fit] : sites) run.sites.push_back(std::move(fit));
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
