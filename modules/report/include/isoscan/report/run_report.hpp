/// @file The record of a run, and its index page: which of a thousand scans to look at.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isoscan/report/histogram.hpp"
#include "isoscan/report/scan_report.hpp"

namespace isoscan::report {

/// A column of the table and a strip plot above it.
struct MeasureColumn {
  std::string name;
  std::string unit;
  std::string explanation;
  std::optional<Range> reference;
};

struct RunRow {
  std::string id;
  std::string site;
  Verdict verdict = Verdict::Failed;
  std::string reason;
  std::size_t warnings = 0;
  std::vector<std::optional<double>> measures;  ///< by RunReport::columns
  std::string thumbnail_png;                    ///< png(thumbnail(...)), or ""
  std::string page;                             ///< link to the scan's page, relative to the index, or ""
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
  std::vector<MeasureColumn> columns;                      ///< the few that decide: four or so
  std::vector<RunRow> rows;                                ///< any order; the page sorts
  std::vector<SetAsideInput> set_aside;
  std::optional<HistogramFigure> histograms;  ///< the site's mean before and after, and the reference
};

/// The row of a scan: thumbnail of the output (else the input), the values named by `columns`.
[[nodiscard]] RunRow run_row(const ScanReport& report, const std::vector<MeasureColumn>& columns,
                             std::string page);

/// Rows as the page shows them: failed, refused, then by warnings and measures outside the reference, then by
/// id.
[[nodiscard]] std::vector<RunRow> worst_first(std::vector<RunRow> rows,
                                              const std::vector<MeasureColumn>& columns);

/// A self-contained HTML page as scan_page; below 5 kB a row, its thumbnail of up to 2.5 kB (as PNG)
/// included.
[[nodiscard]] std::string index_page(const RunReport& report);

/// Dots of one measure by site over the reference range; each dot links to its page. HTML to embed as it is.
[[nodiscard]] std::string strip_svg(const RunReport& report, std::size_t column);

}  // namespace isoscan::report
