#include <memory>

#include "isoscan/evaluate/controls.hpp"

#include "cmd_evaluate.hpp"
#include "evaluate_run.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  EvaluateFlags common;
  std::string scans;
  std::string second;
  evaluate::ControlsOptions options;
};

int controls(const Flags& flags, std::stop_token stop) {
  EvaluateRun run(flags.common, std::move(stop));
  evaluate::ControlsOptions options = flags.options;
  options.spacing_mm = run.spacing_mm();
  options.fit = run.fit();
  options.methods = run.methods();
  const std::vector<evaluate::Person> people = people_of(run.list(flags.scans, 0.0, 0.01));
  std::vector<evaluate::Person> second;
  if (!flags.second.empty()) second = people_of(run.list(flags.second, 0.01, 0.02));
  return run.finish(evaluate::controls(people, second, options, run.context(0.02, 1.0, "controls")));
}

}  // namespace

void add_evaluate_controls(CLI::App& evaluate, Action& chosen) {
  auto* command = evaluate.add_subcommand(
      "controls", "Site and reference are one scanner, or their labels are shuffled: nothing may happen");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--scans", flags->scans, "Scans of one scanner")->required();
  command->add_option("--shuffle-with", flags->second,
                      "Scans of another scanner: all are mixed, and site labels are drawn by lot");
  command->add_option("--people-site", flags->options.people_site,
                      "People that the site is learnt from (default 4)");
  command->add_option("--people-judged", flags->options.people_judged,
                      "People that are judged in each draw, at most (default 4)");
  command->add_option("--repeats", flags->options.repeats, "Draws of who is who (default 2)");
  flags->common.add_to(*command);
  command->footer("example:\n  isoscan evaluate controls --scans oasis/ --repeats 5 --seed 1");
  command->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) { return controls(*flags, std::move(stop)); };
  });
}

}  // namespace isoscan::app
