#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include <boost/algorithm/string/replace.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/engine/terminal_progress.hpp"
#include "isoscan/evaluate/travellers.hpp"
#include "isoscan/io/brain_mask.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"
#include "isoscan/stages/collect.hpp"

#include "commands.hpp"
#include "request.hpp"
#include "run_flags.hpp"
#include "session.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  RunFlags run;
  std::string scans;
  std::string scanner = "medium";
  std::optional<int> people_site;
  std::optional<int> people_test;
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
      person.load_brain = [mask = *scan.brain_mask](const core::Grid& grid) -> std::optional<core::Mask> {
        return io::read_brain_mask(mask, grid);
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

/// The table goes to a new file, or over an earlier table: never over a sidecar or a scan.
void require_table(const std::string& file) {
  const boost::filesystem::path path(file);
  if (file.empty() || !boost::filesystem::exists(path)) return;
  try {
    const config::Json json = config::read_json(path, core::ErrorKind::Input);
    if (json.is_object() && json.contains("rows") && json.contains("settings")) return;
  } catch (const core::Error&) {
    // Whatever it is, it is no table of ours.
  }
  throw core::Error(
      core::ErrorKind::Config,
      "--json " + file + ": is there already and is no table of this command; choose another name");
}

/// Options of a run that mean nothing here are mistakes, not words to be passed over.
evaluate::TravellersOptions options_of(const Flags& flags, const stages::RunOptions& run) {
  const config::Json given = flags.run.given();
  for (const char* key : {"bound", "intensity_scale", "memory_mb", "check_outputs"}) {
    if (given.contains(key)) {
      throw core::Error(
          core::ErrorKind::Config,
          flags.run.config_file + ": `isoscan evaluate` has no use for '" + key + "'; leave it out");
    }
  }
  evaluate::TravellersOptions options;
  options.scanner = scanner_of(flags.scanner);
  if (flags.people_site) options.people_site = *flags.people_site;
  if (flags.people_test) options.people_test = *flags.people_test;
  if (run.reference_spacing_mm > 0.0) options.spacing_mm = run.reference_spacing_mm;
  options.fit = run.fit;
  if (given.contains("method")) {
    options.methods = {domain::Method::TwoPassHistogramMatch};
    if (run.method != options.methods.front()) options.methods.push_back(run.method);
  }
  return options;
}

/// Reasons in the JSON file name a scan, not the way to it.
std::string without_way(std::string reason, const io::ScanSource& scan) {
  for (const boost::filesystem::path& file : scan.files) {
    boost::replace_all(reason, file.parent_path().string() + "/", "");
  }
  return reason;
}

int travellers(const Flags& flags, std::stop_token stop) {
  const auto progress =
      std::make_shared<pipeline::TerminalProgress>(std::cerr, pipeline::options_for_stderr());
  const config::Json settings = flags.run.settings();
  const stages::RunOptions run = stages::run_options(settings);
  core::Context context;
  context.stop = std::move(stop);
  context.progress = core::Progress(progress);
  context.seed = run.seed;
  context.threads = cores_of(run);
  require_table(flags.json);
  const evaluate::TravellersOptions options = options_of(flags, run);
  io::FindOptions wanted;
  wanted.pseudonym_key = pseudonym_key(settings);
  wanted.read = read_choices(settings);
  const io::ScanList list = list_scans(flags.scans, wanted, context.slice(0.0, 0.02, "looking for scans"),
                                       [&](const std::string& line) { progress->print(line); });
  const std::vector<evaluate::Person> people = people_of(list);
  if ((flags.people_site || flags.people_test) && people.front().role) {
    throw core::Error(core::ErrorKind::Config,
                      "--people-site and --people-test draw a split, and the table gives one by its roles");
  }
  evaluate::OutcomeTable table =
      evaluate::travellers(people, options, context.slice(0.02, 1.0, "travellers"));
  progress->clear();
  for (evaluate::LeftOut& who : table.left_out) {
    progress->print("broken: " + who.id + ": " + who.reason);
    for (const io::ScanSource& scan : list.scans) {
      if (scan.id() == who.id) who.reason = without_way(who.reason, scan);
    }
  }
  for (const io::SetAside& input : list.set_aside) {
    const io::SetAside shown = stages::public_input(input, wanted.pseudonym_key);
    if (input.broken) table.left_out.push_back({shown.name, shown.reason});
  }
  if (const char* kernel = std::getenv("OPENBLAS_CORETYPE"); kernel != nullptr)
    table.settings["blas_kernel"] = config::Json(kernel).dump();
  std::cout << evaluate::to_text(table);
  if (!flags.json.empty()) core::write_file(flags.json, evaluate::to_json(table));
  if (table.left_out.empty()) return 0;
  progress->print(std::to_string(table.left_out.size()) +
                  (table.left_out.size() == 1 ? " input was" : " inputs were") +
                  " broken and left out; the table is of the rest");
  constexpr int kSomeFailed = 8;
  return kSomeFailed;
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
                    "mild, medium, hard, ringing, ghosts, gaps, or FILE.json (docs/virtual-scanners.md)");
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
