#include <memory>

#include "isoscan/core/error.hpp"
#include "isoscan/evaluate/bias.hpp"

#include "cmd_evaluate.hpp"
#include "evaluate_run.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  EvaluateFlags common;
  std::string raw;
  std::string normalised;
};

/// By person, session and run; what has no counterpart is no pair.
std::vector<evaluate::ReconstructionPair> pairs_of(const io::ScanList& raw, const io::ScanList& normalised) {
  const auto name = [](const io::ScanSource& scan) {
    return "sub-" + scan.subject + (scan.session.empty() ? "" : "_ses-" + scan.session) +
           (scan.run.empty() ? "" : "_run-" + scan.run);
  };
  std::vector<evaluate::ReconstructionPair> out;
  for (const io::ScanSource& a : raw.scans) {
    for (const io::ScanSource& b : normalised.scans) {
      if (name(a) != name(b)) continue;
      out.push_back({name(a), person_of(a), person_of(b)});
      break;
    }
  }
  if (out.empty() && raw.scans.size() == 1 && normalised.scans.size() == 1)
    out.push_back({name(raw.scans[0]), person_of(raw.scans[0]), person_of(normalised.scans[0])});
  return out;
}

int bias(const Flags& flags, std::stop_token stop) {
  EvaluateRun run(flags.common, std::move(stop));
  evaluate::BiasOptions options;
  options.spacing_mm = run.spacing_mm();
  const io::ScanList raw = run.list(flags.raw, 0.0, 0.02);
  const io::ScanList normalised = run.list(flags.normalised, 0.02, 0.04);
  const auto pairs = pairs_of(raw, normalised);
  if (pairs.empty()) {
    throw core::Error(core::ErrorKind::Input,
                      "no scan of --raw has the person, session and run of one of --normalised");
  }
  return run.finish(evaluate::bias(pairs, options, run.context(0.04, 1.0, "bias")));
}

}  // namespace

void add_evaluate_bias(CLI::App& evaluate, Action& chosen) {
  auto* command = evaluate.add_subcommand(
      "bias", "One acquisition reconstructed twice, normalised by the scanner or not: is the field found?");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--raw", flags->raw, "Scans as the coils saw them")->required();
  command
      ->add_option("--normalised", flags->normalised,
                   "The same acquisitions after the scanner's normalisation, by the same labels")
      ->required();
  flags->common.add_to(*command);
  command->footer("example:\n  isoscan evaluate bias --raw raw/ --normalised prescan-normalised/");
  command->callback(
      [flags, &chosen] { chosen = [flags](std::stop_token stop) { return bias(*flags, std::move(stop)); }; });
}

}  // namespace isoscan::app
