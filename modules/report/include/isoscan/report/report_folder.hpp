/// @file The folder of reports of a run: a page, facts and figures for each scan, and the same of the run.
/// Pages follow from the other files and can be made again from them alone.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/report/run_report.hpp"
#include "isoscan/report/scan_record.hpp"

namespace isoscan::report {

struct ReportFile {
  std::string path;  ///< below the folder, with '/'
  std::string bytes;
};

/// <scan>.html and <scan>.json, and figures/<scan>.json and thumbnails/<scan>.png where it has pictures.
[[nodiscard]] std::vector<ReportFile> scan_files(const ScanRecord& record);
/// index.html, index.json, scans.tsv, excluded.tsv.
[[nodiscard]] std::vector<ReportFile> run_files(const RunReport& report);

/// @throws core::Error(Io|Input) naming the file and the cure.
[[nodiscard]] RunReport read_run(const boost::filesystem::path& folder);
[[nodiscard]] ScanReport read_facts(const boost::filesystem::path& folder, const std::string& scan);
/// Facts and, where the scan has them, figures.
[[nodiscard]] ScanRecord read_scan(const boost::filesystem::path& folder, const std::string& scan);

/// Makes all pages and tables of the folder again from its JSON files, on context.threads threads. A file
/// that holds its bytes already is left alone. @returns all paths below the folder that pages and tables
/// have, in order
/// @throws core::Error(Io|Input) naming the file and the cure; pages that were made until then stay.
std::vector<std::string> rebuild(const boost::filesystem::path& folder, const core::Context& context);

/// What rebuild would write, one file at a time: of "sub-1.html", "index.html", "scans.tsv" and
/// "excluded.tsv" their bytes, of others nothing.
class Pages {
 public:
  explicit Pages(boost::filesystem::path folder) : folder_(std::move(folder)) {}
  /// The records (paths below the folder) that the file is made of.
  [[nodiscard]] static std::vector<std::string> records_of(const std::string& path);
  /// @throws core::Error(Io|Input) naming the record and the cure.
  [[nodiscard]] std::optional<std::string> bytes(const std::string& path);

 private:
  boost::filesystem::path folder_;
  std::optional<RunReport> run_;
};

}  // namespace isoscan::report
