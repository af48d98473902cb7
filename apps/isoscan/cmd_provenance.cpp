#include <iostream>
#include <memory>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/engine/store.hpp"

#include "commands.hpp"
#include "ro_crate.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

struct Flags {
  std::string out;
  std::string scan;
  bool crate = false;
};

int show(const Flags& flags) {
  if (flags.crate == !flags.scan.empty())
    throw core::Error(core::ErrorKind::Config, "name a scan, or give --ro-crate: one of them");
  if (flags.crate) {
    std::cout << ro_crate(flags.out).dump_pretty();
    return 0;
  }
  const std::string name = pipeline::file_name_of(flags.scan) + ".json";
  bool found = false;
  boost::system::error_code error;
  for (fs::directory_iterator at(fs::path(flags.out) / "provenance", error), end; !error && at != end;
       at.increment(error)) {
    if (!fs::is_regular_file(at->path() / name)) continue;
    std::cout << core::read_file(at->path() / name);
    found = true;
  }
  if (found) return 0;
  throw core::Error(core::ErrorKind::Input, flags.out + ": knows no scan, site or cohort called \"" +
                                                flags.scan + "\"; provenance/ has a file for each");
}

}  // namespace

void add_provenance(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("provenance", "Print how a result came to be, as JSON");
  const auto flags = std::make_shared<Flags>();
  command->add_option("OUT", flags->out, "Output folder of a run")->required();
  command->add_option("SCAN", flags->scan, "Scan (sub-01_ses-1), site, or cohort");
  command->add_flag("--ro-crate", flags->crate, "All of it as RO-Crate 1.1 metadata, for an archive");
  command->footer(
      "examples:\n  isoscan provenance out sub-01_ses-1\n"
      "  isoscan provenance out --ro-crate > out/ro-crate-metadata.json");
  command->callback([flags, &chosen] { chosen = [flags](std::stop_token) { return show(*flags); }; });
}

}  // namespace isoscan::app
