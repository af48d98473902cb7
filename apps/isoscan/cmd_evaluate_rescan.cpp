#include <map>
#include <memory>

#include "isoscan/core/error.hpp"
#include "isoscan/evaluate/rescan.hpp"

#include "cmd_evaluate.hpp"
#include "evaluate_run.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  EvaluateFlags common;
  std::string scans;
  std::string reference;
  std::string scanner;
  int people_site = 4;
};

/// Who has two sessions, and the first scan of everybody else.
struct Sessions {
  std::vector<evaluate::ScanPair> pairs;
  std::vector<evaluate::Person> others;
};

Sessions sessions_of(const io::ScanList& list) {
  std::map<std::string, std::map<std::string, const io::ScanSource*>> by_person;
  for (const io::ScanSource& scan : list.scans) by_person[scan.subject].try_emplace(scan.session, &scan);
  Sessions out;
  for (const auto& [subject, scans] : by_person) {
    if (scans.size() < 2) {
      out.others.push_back(person_of(*scans.begin()->second));
      continue;
    }
    out.pairs.push_back(
        {"sub-" + subject, person_of(*scans.begin()->second), person_of(*std::next(scans.begin())->second)});
  }
  return out;
}

int rescan(const Flags& flags, std::stop_token stop) {
  EvaluateRun run(flags.common, std::move(stop));
  if (!flags.reference.empty() && !flags.scanner.empty()) {
    throw core::Error(
        core::ErrorKind::Config,
        "--reference harmonizes to a real scanner, --scanner from a virtual one: give one of them");
  }
  evaluate::RescanOptions options;
  if (flags.reference.empty()) options.scanner = scanner_of(flags.scanner.empty() ? "medium" : flags.scanner);
  options.people_site = flags.people_site;
  options.spacing_mm = run.spacing_mm();
  options.fit = run.fit();
  options.methods = run.methods();
  const Sessions sessions = sessions_of(run.list(flags.scans, 0.0, 0.02));
  std::vector<evaluate::Person> reference;
  if (!flags.reference.empty()) reference = people_of(run.list(flags.reference, 0.02, 0.04));
  return run.finish(evaluate::rescan(sessions.pairs, sessions.others, reference, options,
                                     run.context(0.04, 1.0, "rescan")));
}

}  // namespace

void add_evaluate_rescan(CLI::App& evaluate, Action& chosen) {
  auto* command = evaluate.add_subcommand(
      "rescan", "People scanned twice at one scanner: harmonizing may not invent a difference");
  const auto flags = std::make_shared<Flags>();
  command
      ->add_option("--scans", flags->scans,
                   "Scans of one scanner; people with two sessions are judged, the others learn the site")
      ->required();
  command->add_option("--reference", flags->reference, "Scans of another scanner to harmonize to");
  command->add_option(
      "--scanner", flags->scanner,
      "Without --reference: the site is --scans seen through this virtual scanner (default medium), the "
      "reference its other people as they are");
  command->add_option("--people-site", flags->people_site, "People that the site is learnt from (default 4)");
  flags->common.add_to(*command);
  command->footer(
      "examples:\n  isoscan evaluate rescan --scans oasis/ --reference ixi/ --seed 1\n"
      "  isoscan evaluate rescan --scans oasis/ --scanner hard --tsv rescan.tsv");
  command->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) { return rescan(*flags, std::move(stop)); };
  });
}

}  // namespace isoscan::app
