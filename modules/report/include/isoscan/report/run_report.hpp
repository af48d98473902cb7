/// @file The record of a run, and its index page: which of a thousand scans to look at.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/report/scan_report.hpp"

namespace isoscan::report {

/// A measure of all scans: a strip plot, and a column of the table where it is one of those that decide.
struct MeasureColumn {
  std::string name;
  std::string unit;
  std::string explanation;
  std::optional<Range> reference;  ///< where all sites have the same; else SiteFit::reference has each
  Direction direction = Direction::Neither;
  bool in_table = true;
  std::optional<double> reference_mean = std::nullopt;  ///< over the reference's people
  std::optional<double> reference_sd = std::nullopt;
  bool cannot_change = false;  ///< as Measure::cannot_change
};

struct RunRow {
  std::string id;
  std::string site;
  Verdict verdict = Verdict::Failed;
  std::string reason;
  std::size_t warnings = 0;
  std::vector<std::optional<double>> measures;  ///< of the output, by RunReport::columns
  std::vector<std::optional<double>> before;    ///< of the input, by RunReport::columns
  std::string output_sha256;                    ///< "" without an output
  std::string thumbnail;                        ///< link to a picture, relative to the index, or ""
  std::string page;                             ///< link to the scan's page, relative to the index, or ""
};

/// What the reference shows of a measure to scans of one site: sites of other spacing have other numbers.
struct SiteReference {
  std::optional<Range> range;
  std::optional<double> mean;
  std::optional<double> sd;  ///< between its people
  int people = 0;            ///< 0: not known
  bool operator==(const SiteReference&) const = default;
};

/// What the map of a site was learnt from, and what it is held against.
struct SiteFit {
  std::string site;
  int scans = 0;                                      ///< 0: not known
  int reference_scans = 0;                            ///< 0: not known
  std::vector<std::optional<double>> fitted;          ///< by RunReport::columns: mean over these scans before
  std::vector<std::optional<double>> fitted_sd = {};  ///< between them
  bool learnt_here = false;  ///< from the scans of this run: nothing can have drifted
  int people = 0;            ///< whose scans these are; 0: not known
  std::vector<SiteReference> reference =
      {};  ///< by RunReport::columns; empty in earlier records: the columns'
};

/// An input that was no scan to harmonize, or could not be read.
struct SetAsideInput {
  std::string name;
  std::string reason;
  bool broken = false;
};

struct RunReport {
  std::string title = "Harmonization run";
  std::string method;
  std::string reference;
  std::string command;  ///< as typed, without absolute paths
  std::string version;
  std::vector<std::pair<std::string, std::string>> facts;  ///< further lines of the header
  std::vector<MeasureColumn> columns;
  std::vector<RunRow> rows;    ///< any order; the page sorts
  std::vector<SiteFit> sites;  ///< by name; those that nothing is known of are absent
  std::vector<SetAsideInput> set_aside;
  int form = kRecordForm;  ///< of the record that it was read from, or of the earliest of its scans
};

/// Form, columns, rows and sites of these scans, in this order: a column for each measure that any of them
/// has, in the table where `in_table` names it. What is not of scans is left as it is.
void set_scans(RunReport& run, const std::vector<ScanReport>& scans,
               const std::vector<std::string>& in_table);

/// Rows as the page shows them: failed, refused, then by warnings and measures outside the reference, then by
/// id.
[[nodiscard]] std::vector<RunRow> worst_first(const RunReport& report);

/// One HTML page: rows, measures and script are inside it, thumbnails lie beside it and are loaded as they
/// are seen.
/// @param served  by `isoscan review`, see PageUse
[[nodiscard]] std::string index_page(const RunReport& report, bool served = false);

/// All scans as a table: scan, site, verdict, warnings, reason, output_sha256, one column a measure ("n/a"
/// where there is none). Tab-separated, worst first.
[[nodiscard]] std::string scans_table(const RunReport& report);
/// What has no output, scans and other inputs: name, what, reason. Tab-separated.
[[nodiscard]] std::string excluded_table(const RunReport& report);

/// By data_schemas/run_report.schema.json.
[[nodiscard]] config::Json to_json(const RunReport& report);
/// @param name  the file, for messages  @throws core::Error(Input) where it is not valid by its schema.
[[nodiscard]] RunReport run_report_of(const config::Json& json, const std::string& name);

}  // namespace isoscan::report
