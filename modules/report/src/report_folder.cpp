#include "isoscan/report/report_folder.hpp"

#include <atomic>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/partials.hpp"

#include "report_places.hpp"

namespace isoscan::report {

namespace fs = boost::filesystem;

namespace {

/// A record that is damaged or of another version is made again by the run that wrote it.
template <class Read>
auto read_record(const fs::path& file, Read read) {
  if (!fs::is_regular_file(file)) {
    throw core::Error(core::ErrorKind::Io,
                      file.string() +
                          ": is not there; reports are made of records that `isoscan harmonize` or "
                          "`isoscan apply` writes: run it again");
  }
  try {
    return read(config::read_json(file, core::ErrorKind::Input), file.string());
  } catch (const core::Error& error) {
    throw core::Error(error.kind(),
                      std::string(error.what()) + "; run `isoscan harmonize` (or apply) again for it");
  }
}

}  // namespace

std::vector<ReportFile> scan_files(const ScanRecord& record) {
  const std::string& id = record.facts.id;
  std::vector<ReportFile> files{{page_place(id), scan_page(record)},
                                {facts_place(id), facts_json(record.facts).dump_pretty()}};
  if (record.figures) {
    files.push_back({figures_place(id), figures_json(*record.figures).dump()});
    files.push_back({thumbnail_place(id), record.figures->thumbnail_png});
  }
  return files;
}

std::vector<ReportFile> run_files(const RunReport& report) {
  return {{"index.html", index_page(report)},
          {"index.json", to_json(report).dump_pretty()},
          {"scans.tsv", scans_table(report)},
          {"excluded.tsv", excluded_table(report)}};
}

RunReport read_run(const fs::path& folder) {
  return read_record(folder / "index.json", run_report_of);
}

ScanReport read_facts(const fs::path& folder, const std::string& scan) {
  ScanReport facts = read_record(folder / facts_place(scan), facts_of);
  if (facts.id != scan)
    throw core::Error(core::ErrorKind::Input, (folder / facts_place(scan)).string() + ": is of the scan " +
                                                  facts.id +
                                                  "; run `isoscan harmonize` (or apply) again for it");
  return facts;
}

ScanRecord read_scan(const fs::path& folder, const std::string& scan) {
  ScanRecord record{read_facts(folder, scan), std::nullopt};
  const fs::path figures = folder / figures_place(scan);
  const bool made =
      record.facts.verdict == Verdict::Harmonized || record.facts.verdict == Verdict::PassedThrough;
  if (made || fs::is_regular_file(figures)) record.figures = read_record(figures, figures_of);
  return record;
}

std::vector<std::string> Pages::records_of(const std::string& path) {
  if (path == "index.html" || path == "scans.tsv" || path == "excluded.tsv") return {"index.json"};
  if (!path.ends_with(".html") || path.find('/') != std::string::npos) return {};
  const std::string scan = path.substr(0, path.size() - 5);
  return {facts_place(scan), figures_place(scan)};
}

std::optional<std::string> Pages::bytes(const std::string& path) {
  const std::vector<std::string> records = records_of(path);
  if (records.empty()) return std::nullopt;
  if (records.size() > 1) return scan_page(read_scan(folder_, path.substr(0, path.size() - 5)));
  if (!run_) run_ = read_run(folder_);
  for (ReportFile& file : run_files(*run_)) {
    if (file.path == path) return std::move(file.bytes);
  }
  return std::nullopt;
}

std::vector<std::string> rebuild(const fs::path& folder, const core::Context& context) {
  const RunReport run = read_run(folder);
  core::remove_dead_partials(folder);
  std::vector<std::string> paths;
  for (const RunRow& row : run.rows) paths.push_back(page_place(row.id));
  std::atomic<std::size_t> done = 0;
  core::parallel_for(
      static_cast<std::int64_t>(run.rows.size()), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
          context.check_stop();
          const auto place = static_cast<std::size_t>(n);
          core::write_if_changed(folder / paths[place], scan_page(read_scan(folder, run.rows[place].id)));
          context.progress.report(static_cast<double>(++done) / static_cast<double>(paths.size()));
        }
      });
  for (const ReportFile& file : run_files(run)) {
    if (file.path == "index.json") continue;  // what it was made of
    core::write_if_changed(folder / file.path, file.bytes);
    paths.push_back(file.path);
  }
  return paths;
}

}  // namespace isoscan::report
