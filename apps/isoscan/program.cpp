#include "program.hpp"

#include <exception>
#include <iostream>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/engine/stop_on_signals.hpp"

namespace isoscan::app {

namespace {

constexpr const char* kFooter = R"(examples:
  isoscan demo --out demo                                             # all of it on made-up scans
  isoscan harmonize new_hospital/ --reference our_site/ --out out     # all of it on yours
  isoscan ingest new_hospital/ --out study                            # what is there, sorted; nothing copied
  isoscan reference our_site/ --out ours.isoref                       # the same in steps
  isoscan adapt study/ --reference ours.isoref --out new.isosite
  isoscan apply study/ --site new.isosite --out out
  isoscan review out                                                  # look at the result, and judge it
  isoscan bids bids_dir out participant --reference ours.isoref       # as a BIDS App: one job a participant, then group

--kernels avx512|avx2|plain (any command that computes): which instructions; they change the last bits of a result, so take one
name where processors differ. By default the fastest of this processor.

SCANS is a folder of DICOM or NIfTI in any mix, a BIDS data set, a study that `isoscan ingest` made, one file, or a TSV table
(path, subject, session, site, mask, covariates). `isoscan COMMAND --help` says more.

exit status: 0 done; 1 our bug; 2 usage or configuration; 3 bad input; 4 file trouble; 5 out of memory or disk; 6 numerical
failure; 8 some scans failed or were refused, the rest is done; 130 stopped, safe to run again.
Research use only: not for diagnosis.)";

}  // namespace

int run_program(int argc, char** argv, const std::vector<AddCommand>& commands) {
  CLI::App program("Isoscan makes MR scans from different scanners look as if one scanner had made them.",
                   "isoscan");
  program.set_version_flag("--version", core::software());
  program.require_subcommand(1);
  program.footer(kFooter);
  program.get_formatter()->column_width(34);
  Action chosen;
  for (const AddCommand add : commands) add(program, chosen);
  const std::vector<CLI::App*> known = program.get_subcommands({});
  const CLI::Validator not_empty(
      [](std::string& value) { return value.empty() ? "is empty" : std::string(); }, "", "not empty");
  for (CLI::App* command : known) {
    for (CLI::Option* option : command->get_options()) {
      if (option->get_items_expected_max() > 0) option->check(not_empty);
    }
  }
  if (argc > 1 && argv[1][0] != '-') {
    std::string names;
    bool there = false;
    for (const CLI::App* command : known) {
      there = there || command->get_name() == argv[1];
      names += (names.empty() ? "" : ", ") + command->get_name();
    }
    if (!there) {
      std::cerr << "isoscan: there is no command \"" << core::printable(argv[1]) << "\"; there are " << names
                << '\n';
      return 2;
    }
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = program.exit(error);
    return status == 0 ? 0 : 2;
  }
  try {
    const pipeline::StopOnSignals signals;
    return chosen(signals.token());
  } catch (...) {
    const core::Error error = core::current_error();
    std::cerr << "isoscan: " << error.what() << '\n';
    return core::exit_status(error.kind());
  }
}

}  // namespace isoscan::app
