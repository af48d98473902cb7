#include <algorithm>
#include <map>
#include <tuple>

#include "isoscan/report/run_report.hpp"

#include "report_places.hpp"
#include "site_references.hpp"

namespace isoscan::report {
namespace {

/// Records of earlier versions count the reference's people for all measures alike.
SiteReference reference_of(const Measure& measure, int people) {
  if (!measure.reference && !measure.reference_mean) return {};
  return {measure.reference, measure.reference_mean, measure.reference_sd,
          measure.reference_people > 0 ? measure.reference_people : people};
}

/// The numbers that all sites have alike, for the columns; nothing where they differ.
void set_common(RunReport& run) {
  for (std::size_t n = 0; n < run.columns.size(); ++n) {
    const SiteReference* common = nullptr;
    bool alike = true;
    for (const SiteFit& site : run.sites) {
      const SiteReference& each = site.reference[n];
      if (each == SiteReference{}) continue;
      alike = alike && (common == nullptr || *common == each);
      common = &each;
    }
    if (common == nullptr || !alike) continue;
    run.columns[n].reference = common->range;
    run.columns[n].reference_mean = common->mean;
    run.columns[n].reference_sd = common->sd;
  }
}

}  // namespace

void set_scans(RunReport& run, const std::vector<ScanReport>& scans,
               const std::vector<std::string>& in_table) {
  std::map<std::string, std::size_t> place;
  const auto column_of = [&](const Measure& measure) {
    const auto [found, fresh] = place.try_emplace(measure.name, run.columns.size());
    if (fresh) {
      const bool shown = std::find(in_table.begin(), in_table.end(), measure.name) != in_table.end();
      run.columns.push_back(
          {measure.name, measure.unit, measure.explanation, std::nullopt, measure.direction, shown});
    }
    run.columns[found->second].cannot_change |= measure.cannot_change;
    return found->second;
  };
  run.columns.clear();
  run.rows.clear();
  run.sites.clear();
  run.form = kRecordForm;
  for (const ScanReport& scan : scans) {
    if (!scan.measures.empty()) run.form = std::min(run.form, scan.form);
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
    fit.reference.resize(run.columns.size());
    fit.learnt_here = scan.provenance.learnt_here;
    fit.people = scan.provenance.site_people;
    bool known = fit.scans > 0;
    for (const Measure& measure : scan.measures) {
      const std::size_t column = column_of(measure);
      row.measures[column] = measure.value;
      row.before[column] = measure.before;
      fit.fitted[column] = measure.fitted;
      fit.fitted_sd[column] = measure.fitted_sd;
      fit.reference[column] = reference_of(measure, fit.reference_scans);
      known = known || fit.reference[column] != SiteReference{};
    }
    if (known) {
      // All scans of a site tell the same; one without an output tells nothing.
      SiteFit& kept = sites.try_emplace(row.site, fit).first->second;
      for (std::size_t column = 0; column < run.columns.size(); ++column) {
        if (kept.reference[column] == SiteReference{}) kept.reference[column] = fit.reference[column];
        if (kept.fitted[column]) continue;
        kept.fitted[column] = fit.fitted[column];
        kept.fitted_sd[column] = fit.fitted_sd[column];
      }
    }
    run.rows.push_back(std::move(row));
  }
  for (auto& [name, fit] : sites) run.sites.push_back(std::move(fit));
  set_common(run);
}

std::vector<RunRow> worst_first(const RunReport& report) {
  // What needs a person first: verdicts in their order, then many measures outside, then many warnings.
  const auto rank = [](Verdict verdict) {
    return verdict == Verdict::Failed ? 0 : verdict == Verdict::Refused ? 1 : 2;
  };
  const SiteReferences references(report);
  using Key = std::tuple<int, std::ptrdiff_t, std::string>;
  std::vector<std::pair<Key, std::size_t>> order;
  for (std::size_t n = 0; n < report.rows.size(); ++n) {
    const RunRow& row = report.rows[n];
    const auto trouble = static_cast<std::ptrdiff_t>(row.warnings + references.outside_count(row));
    order.emplace_back(Key{rank(row.verdict), -trouble, row.id}, n);
  }
  std::sort(order.begin(), order.end());
  std::vector<RunRow> rows;
  for (const auto& [key, n] : order) rows.push_back(report.rows[n]);
  return rows;
}

}  // namespace isoscan::report
