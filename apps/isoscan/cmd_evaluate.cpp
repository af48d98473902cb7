#include <iostream>
#include <memory>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/engine/terminal_progress.hpp"
#include "isoscan/evaluate/travellers.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"

#include "commands.hpp"
#include "run_flags.hpp"
#include "session.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  RunFlags run;
  std::string scans;
  std::string scanner = "medium";
  int people_site = 4;
  int people_test = 4;
  std::string json;
};

phantom::VirtualScanner scanner_of(const std::string& name) {
  if (boost::filesystem::path(name).extension() == ".json") {
    try {
      return phantom::scanner_from_json(core::read_file(name));
    } catch (const core::Error& error) {
      throw error.within(name);
    }
  }
  return phantom::preset(name);
}

std::vector<evaluate::Person> people_of(const io::ScanList& list) {
  std::vector<evaluate::Person> people;
  for (const io::ScanSource& scan : list.scans) {
    evaluate::Person person;
    person.id = scan.id();
    person.load = [scan] { return io::read_scan(scan).volume; };
    if (scan.brain_mask) {
      person.load_brain = [mask = *scan.brain_mask]() -> std::optional<core::Mask> {
        return core::above(io::read_nifti(mask).volume, 0.5F);
      };
    }
    if (const auto role = scan.covariates.find("role");
        role != scan.covariates.end() && !role->second.empty()) {
      person.role = evaluate::role_named(role->second);
    }
    people.push_back(std::move(person));
  }
  return people;
}

int travellers(const Flags& flags, std::stop_token stop) {
  const auto progress =
      std::make_shared<pipeline::TerminalProgress>(std::cerr, pipeline::options_for_stderr());
  const stages::RunOptions run = stages::run_options(flags.run.settings());
  core::Context context;
  context.stop = std::move(stop);
  context.progress = core::Progress(progress);
  context.seed = run.seed;
  context.threads = cores_of(run);
  evaluate::TravellersOptions options;
  options.scanner = scanner_of(flags.scanner);
  options.people_site = flags.people_site;
  options.people_test = flags.people_test;
  options.spacing_mm = flags.run.spacing_mm.value_or(1.5);
  options.fit = run.fit;
  if (flags.run.method) options.methods = {domain::Method::TwoPassHistogramMatch, run.method};
  const io::ScanList list = io::find_scans(flags.scans, context.slice(0.0, 0.02, "looking for scans"));
  for (const io::SetAside& input : list.set_aside) {
    if (input.broken) progress->print("broken: " + input.name + ": " + input.reason);
  }
  const evaluate::OutcomeTable table =
      evaluate::travellers(people_of(list), options, context.slice(0.02, 1.0, "travellers"));
  progress->clear();
  std::cout << evaluate::to_text(table);
  if (!flags.json.empty()) core::write_file(flags.json, evaluate::to_json(table));
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("evaluate", "Outcome tables: how well harmonizing works");
  command->require_subcommand(1);
  auto* table = command->add_subcommand(
      "travellers", "Real people seen again through a virtual scanner: the truth is known voxel by voxel");
  const auto flags = std::make_shared<Flags>();
  table
      ->add_option("--scans", flags->scans,
                   "Scans of one real scanner; a TSV table may give each a role: reference, site or test")
      ->required();
  table->add_option("--scanner", flags->scanner,
                    "mild, medium, hard, or FILE.json (docs/virtual-scanners.md)");
  table->add_option("--people-site", flags->people_site,
                    "People that the site is learnt from, without roles (default 4)");
  table->add_option("--people-test", flags->people_test, "People that are judged, without roles (default 4)");
  table->add_option("--json", flags->json, "Also write all values here");
  flags->run.add_to(*table);
  table->footer(
      "example:\n  isoscan evaluate travellers --scans oasis/ --scanner hard --people-site 4 --seed 1");
  table->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) { return travellers(*flags, std::move(stop)); };
  });
}

}  // namespace isoscan::app
