// The program as a BIDS App (Gorgolewski et al. 2017): a data set, an output folder, a level of analysis.
#include <iostream>
#include <memory>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/stages/collect_parts.hpp"

#include "commands.hpp"
#include "processor_kernels.hpp"
#include "proof.hpp"
#include "request.hpp"
#include "run_flags.hpp"
#include "scan_flags.hpp"
#include "session.hpp"
#include "workflow.hpp"
#include "workflow_steps.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

struct Flags {
  RunFlags run;
  io::ScanFilter only;
  std::string bids;
  std::string out;
  std::string level;
  std::string reference;
  std::string site;
  bool reports_only = false;
};

void require_data_set(const fs::path& bids) {
  const fs::path description = bids / "dataset_description.json";
  if (!fs::is_directory(bids))
    throw core::Error(core::ErrorKind::Io, bids.string() + ": there is no such folder");
  if (!fs::is_regular_file(description)) {
    throw core::Error(
        core::ErrorKind::Input,
        bids.string() +
            ": is no BIDS data set, as it has no dataset_description.json; write one with Name and "
            "BIDSVersion, or use `isoscan harmonize`, which takes any folder");
  }
  const config::Json said = config::read_json(description, core::ErrorKind::Input);
  for (const char* key : {"Name", "BIDSVersion"}) {
    const config::Json* value = said.is_object() ? said.find(key) : nullptr;
    if (value == nullptr || !value->is_string())
      throw core::Error(core::ErrorKind::Input,
                        description.string() + ": names no " + key + ", which BIDS requires");
  }
}

Request request_of(const Flags& flags) {
  Request request;
  request.command = "bids";
  request.scans = flags.bids;
  request.reference = flags.reference;
  request.site = flags.site;
  request.out = flags.out;
  request.sign_key = flags.run.sign_key;
  request.config = flags.run.config_file;
  request.settings = method_settings(flags.run, flags.site.empty() ? flags.reference : "");
  request.only = flags.only;
  request.kernels = asked_kernels();
  return request;
}

int participant(const Flags& flags, std::stop_token stop) {
  if (flags.reference.empty() && flags.site.empty()) {
    throw core::Error(
        core::ErrorKind::Config,
        "the level participant needs --reference (a map is fitted for each site) or --site (a map "
        "that `isoscan adapt` fitted)");
  }
  const Request request = request_of(flags);
  if (!flags.site.empty() &&
      (flags.run.method || flags.run.steps || flags.run.match_resolution || flags.run.rung)) {
    throw core::Error(
        core::ErrorKind::Config,
        "--method, --steps, --rung and --match-resolution are for fitting a map; the one that --site "
        "names is fitted");
  }
  check_places(request, flags.run.spacing_mm.has_value(), flags.run.work);
  const fs::path work = work_folder(flags.run.work, request.out, true);
  if (flags.run.dry_run) {
    std::cout << explain_request(request, work, std::move(stop));
    return 0;
  }
  return run_bids_participant(request, work, flags.reports_only, std::move(stop));
}

int group(const Flags& flags, std::stop_token stop) {
  const fs::path out(flags.out);
  if (!fs::is_directory(out / "parts")) {
    throw core::Error(
        core::ErrorKind::Input,
        flags.out + ": holds nothing that a participant job made; run the level participant first");
  }
  const auto say = [](const std::string& line) { std::cerr << line << '\n'; };
  core::Context context;
  context.stop = std::move(stop);
  io::FindOptions options;
  options.pseudonym_key =
      pseudonym_key(flags.run.settings(usual_method(flags.site.empty() ? flags.reference : "")));
  options.only = flags.only;
  stages::PartsCollection what;
  what.out = out;
  what.pseudonym_key = options.pseudonym_key;
  what.source = io::source_dataset(flags.bids);
  what.list = list_scans(flags.bids, options, context, say);
  const auto names = [](const std::vector<std::string>& ids) {
    std::string text;
    for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + id;
    return text;
  };
  if (flags.run.dry_run) {
    const std::vector<std::string> missing = stages::without_part(out, what.list);
    std::cout << "would collect " << what.list.scans.size() - missing.size() << " of "
              << what.list.scans.size() << " scans" << (missing.empty() ? "" : "; missing: " + names(missing))
              << '\n';
    return 0;
  }
  const stages::PartsTally tally = stages::collect_parts(what);
  write_proof(out, pipeline::Store(work_folder(flags.run.work, out, true)), flags.run.sign_key);
  if (!tally.missing.empty()) {
    say("missing: " + std::to_string(tally.missing.size()) +
        (tally.missing.size() == 1 ? " scan" : " scans") +
        " that no participant job has finished: " + names(tally.missing));
  }
  say(tally.tally.text() + "; report: " + (out / "reports" / "index.html").string());
  return tally.exit_status();
}

int run(const Flags& flags, std::stop_token stop) {
  if (flags.level != "participant" && flags.level != "group") {
    throw core::Error(core::ErrorKind::Config,
                      "the level of analysis is participant or group, not \"" + flags.level + "\"");
  }
  require_data_set(flags.bids);
  return flags.level == "group" ? group(flags, std::move(stop)) : participant(flags, std::move(stop));
}

}  // namespace

void add_bids(CLI::App& program, Action& chosen) {
  auto* command =
      program.add_subcommand("bids", "Harmonize a BIDS data set as a BIDS App: participant, then group");
  const auto flags = std::make_shared<Flags>();
  command->add_option("BIDS_DIR", flags->bids, "BIDS data set; it is never written to")->required();
  command->add_option("OUTPUT_DIR", flags->out, "Folder of the derivative data set")->required();
  command
      ->add_option("LEVEL", flags->level,
                   "participant: harmonize these people; group: pages and manifest of all, no computing")
      ->required();
  command->add_option(
      "--reference", flags->reference,
      "Reference package (.isoref), or the reference's scans (learn it before you start many jobs); "
      "with --site the package that the site was adapted to");
  command->add_option("--site", flags->site,
                      "Site model (.isosite): nothing is fitted; unless it is self-contained, its package "
                      "lies beside it, in the folder above, or where --reference says");
  command->add_flag("--reports-only", flags->reports_only, "Make the pages again; compute nothing else");
  add_scan_flags(*command, flags->only);
  flags->run.add_to(*command);
  command
      ->add_option("-w,--work-dir,--work_dir,--work", flags->run.work,
                   "Folder of intermediate results, shared by all jobs (default: OUTPUT_DIR/.isoscan)")
      ->group("Run");
  command
      ->add_option("--nprocs,--n-cpus,--n_cpus,--cores", flags->run.cores,
                   "Processor cores to use (default: all)")
      ->group("Run");
  command
      ->add_option("--mem,--mem-mb,--mem_mb,--memory-mb", flags->run.memory_mb,
                   "Memory in MB that steps at work may need together (default: what is free)")
      ->group("Run");
  command->footer(
      "examples:\n"
      "  isoscan reference our_site/ --out ours.isoref\n"
      "  isoscan bids bids_dir out participant --reference ours.isoref\n"
      "  isoscan bids bids_dir out participant --reference ours.isoref --participant-label 01 -w "
      "/scratch/work\n"
      "  isoscan bids bids_dir out group\n\n"
      "A site's map is fitted on all scans of the data set, whoever is asked for: one job a participant "
      "gives the\n"
      "same bytes as one job for all. Jobs may run at the same time into one OUTPUT_DIR; a work folder that "
      "they\n"
      "share saves computing things twice.");
  command->callback(
      [flags, &chosen] { chosen = [flags](std::stop_token stop) { return run(*flags, std::move(stop)); }; });
}

}  // namespace isoscan::app
