#include <algorithm>
#include <memory>
#include <optional>

#include "isoscan/core/error.hpp"
#include "isoscan/evaluate/travellers.hpp"

#include "cmd_evaluate.hpp"
#include "evaluate_run.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  EvaluateFlags common;
  std::string scans;
  std::string scanner = "medium";
  std::optional<int> people_site;
  std::optional<int> people_test;
  bool lesions = false;
};

/// How many learnt the site in the end.
int learnt_from(const std::vector<evaluate::Person>& people, const evaluate::TravellersOptions& options,
                std::uint64_t seed, const evaluate::OutcomeTable& table) {
  const std::vector<evaluate::Role> roles = evaluate::roles_of(people, options, seed);
  int count = 0;
  for (std::size_t n = 0; n < people.size(); ++n) {
    const bool out = std::any_of(table.left_out.begin(), table.left_out.end(),
                                 [&](const auto& who) { return who.id == people[n].id; });
    if (roles[n] == evaluate::Role::Site && !out) ++count;
  }
  return count;
}

int travellers(const Flags& flags, std::stop_token stop) {
  EvaluateRun run(flags.common, std::move(stop));
  evaluate::TravellersOptions options;
  options.scanner = scanner_of(flags.scanner);
  if (flags.people_site) options.people_site = *flags.people_site;
  if (flags.people_test) options.people_test = *flags.people_test;
  if (run.spacing_mm() > 0.0) options.spacing_mm = run.spacing_mm();
  options.lesions = flags.lesions;
  options.fit = run.fit();
  options.methods = run.methods();
  const io::ScanList list = run.list(flags.scans, 0.0, 0.02);
  const std::vector<evaluate::Person> people = people_of(list);
  if ((flags.people_site || flags.people_test) && people.front().role) {
    throw core::Error(core::ErrorKind::Config,
                      "--people-site and --people-test draw a split, and the table gives one by its roles");
  }
  evaluate::OutcomeTable table = evaluate::travellers(people, options, run.context(0.02, 1.0, "travellers"));
  table.test = "travellers";
  table.scanner = options.scanner.name;
  table.seed = run.seed();
  table.k = learnt_from(people, options, run.seed(), table);
  return run.finish(std::move(table));
}

}  // namespace

void add_evaluate_travellers(CLI::App& evaluate, Action& chosen) {
  auto* command = evaluate.add_subcommand(
      "travellers", "Real people seen again through a virtual scanner: the truth is known voxel by voxel");
  const auto flags = std::make_shared<Flags>();
  command
      ->add_option("--scans", flags->scans,
                   "Scans of one real scanner; a TSV table may give each a role: reference, site or test")
      ->required();
  command->add_option("--scanner", flags->scanner,
                      "mild, medium, hard, ringing, ghosts, gaps, or FILE.json (docs/virtual-scanners.md)");
  command->add_option("--people-site", flags->people_site,
                      "People that the site is learnt from, without roles (default 4)");
  command->add_option("--people-test", flags->people_test,
                      "People that are judged, without roles (default 4)");
  command->add_flag("--lesions", flags->lesions,
                    "Also judge how made-up lesions in the white matter come through");
  flags->common.add_to(*command);
  command->footer(
      "example:\n  isoscan evaluate travellers --scans oasis/ --scanner hard --people-site 4 --seed 1");
  command->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) { return travellers(*flags, std::move(stop)); };
  });
}

}  // namespace isoscan::app
