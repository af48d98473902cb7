#include <memory>

#include "isoscan/evaluate/sites.hpp"

#include "cmd_evaluate.hpp"
#include "evaluate_run.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  EvaluateFlags common;
  std::string reference;
  std::string site;
  evaluate::SitesOptions options;
};

int sites(const Flags& flags, std::stop_token stop) {
  EvaluateRun run(flags.common, std::move(stop));
  evaluate::SitesOptions options = flags.options;
  options.spacing_mm = run.spacing_mm();
  options.fit = run.fit();
  options.methods = run.methods();
  const std::vector<evaluate::Person> reference = people_of(run.list(flags.reference, 0.0, 0.01));
  const std::vector<evaluate::Person> site = people_of(run.list(flags.site, 0.01, 0.02));
  return run.finish(evaluate::sites(reference, site, options, run.context(0.02, 1.0, "sites")));
}

}  // namespace

void add_evaluate_sites(CLI::App& evaluate, Action& chosen) {
  auto* command = evaluate.add_subcommand(
      "sites",
      "Two real scanners, other people at each: what a classifier still sees, and what became of tissue");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--reference", flags->reference, "Scans of the scanner to harmonize to")->required();
  command->add_option("--site", flags->site, "Scans of the other scanner")->required();
  command->add_option("--people-site", flags->options.people_site,
                      "People that the site is learnt from (default 4)");
  command->add_option("--people-judged", flags->options.people_judged,
                      "People of each site that are judged, at most (default 8)");
  command->add_option("--repeats", flags->options.repeats,
                      "Draws of folds, forests, halves and directions (default 5)");
  flags->common.add_to(*command);
  command->footer(
      "example:\n  isoscan evaluate sites --reference oasis/ --site ixi/ --seed 1 --json sites.json");
  command->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) { return sites(*flags, std::move(stop)); };
  });
}

}  // namespace isoscan::app
