#include <iostream>
#include <memory>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/report/report_folder.hpp"

#include "commands.hpp"
#include "common_flags.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

int make_reports(const fs::path& out, int cores, std::stop_token stop) {
  if (!fs::is_directory(out / "reports")) {
    throw core::Error(core::ErrorKind::Io,
                      out.string() +
                          ": holds no reports/; name the output folder of `isoscan harmonize`, "
                          "`apply` or `bids` (level group)");
  }
  const Console console = open_console(std::move(stop), cores);
  const std::vector<std::string> pages = report::rebuild(out / "reports", console.context);
  console.progress->clear();
  std::cerr << pages.size() << " files made of records: " << (out / "reports" / "index.html").string()
            << '\n';
  return 0;
}

}  // namespace

void add_report(CLI::App& program, Action& chosen) {
  auto* command =
      program.add_subcommand("report", "Make all pages and tables of a run again, from its records alone");
  const auto folder = std::make_shared<std::string>();
  const auto cores = std::make_shared<int>(0);
  command->add_option("OUT", *folder, "Output folder of a run")->required();
  command->add_option("--cores", *cores, "Processor cores to use (default: all)")->check(CLI::Range(0, 4096));
  command->footer(R"(example:
  isoscan report out

Reads reports/index.json, reports/SCAN.json and reports/figures/SCAN.json; no scan, no model. Writes reports/*.html, scans.tsv
and excluded.tsv; files that hold their bytes already stay as they are. The manifest keeps the digests of the run: `isoscan verify`
takes a page with other bytes where it is what the run's records give.
exit status: 0 done; 3 a record is damaged; 4 a record or the folder is missing.)");
  command->callback([folder, cores, &chosen] {
    chosen = [folder, cores](std::stop_token stop) { return make_reports(*folder, *cores, std::move(stop)); };
  });
}

}  // namespace isoscan::app
