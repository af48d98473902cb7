#include <algorithm>
#include <iostream>
#include <memory>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"

#include "adapt_sites.hpp"
#include "commands.hpp"
#include "processor_kernels.hpp"
#include "request.hpp"
#include "run_flags.hpp"
#include "scan_flags.hpp"
#include "workflow.hpp"
#include "workflow_steps.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  RunFlags run;
  io::ScanFilter only;
  std::string scans;
  std::string reference;
  std::string site;
  std::string out;
  bool self_contained = false;
};

constexpr const char* kScans =
    "Folder of DICOM or NIfTI, DICOMDIR, BIDS data set, one file, TSV table, or STUDY of ingest";

Request request_of(const std::string& command, const Flags& flags) {
  Request request;
  request.command = command;
  request.scans = flags.scans;
  request.reference = flags.reference;
  request.site = flags.site;
  request.out = flags.out;
  request.dicom_out = flags.run.dicom_out;
  request.sign_key = flags.run.sign_key;
  request.signed_by = flags.run.signed_by;
  request.config = flags.run.config_file;
  request.self_contained = flags.self_contained;
  require_signatures(request);
  request.settings = method_settings(flags.run, flags.site.empty() ? flags.reference : "");
  request.only = flags.only;
  request.kernels = asked_kernels();
  check_places(request, flags.run.spacing_mm.has_value(), flags.run.work);
  return request;
}

using Runner = std::function<int(const Request&, const boost::filesystem::path&, std::stop_token)>;

void on_choice(CLI::App* command, const std::shared_ptr<Flags>& flags, bool out_is_folder, Runner run,
               Action& chosen) {
  command->callback([command, flags, out_is_folder, run, &chosen] {
    chosen = [name = command->get_name(), flags, out_is_folder, run](std::stop_token stop) {
      const Request request = request_of(name, *flags);
      const auto work = work_folder(flags->run.work, flags->out,
                                    out_is_folder || (name == "adapt" && is_site_folder(flags->out)));
      if (flags->run.dry_run) {
        std::cout << explain_request(request, work, std::move(stop));
        return 0;
      }
      return run(request, work, std::move(stop));
    };
  });
}

}  // namespace

void add_reference(CLI::App& program, Action& chosen) {
  auto* command =
      program.add_subcommand("reference", "Learn the reference domain once: what scans should look like");
  const auto flags = std::make_shared<Flags>();
  command->add_option("SCANS", flags->scans, kScans)->required();
  command->add_option("--out", flags->out, "Reference package to write (.isoref)")->required();
  add_scan_flags(*command, flags->only);
  flags->run.add_to(*command);
  command->footer(
      "example:\n  isoscan reference our_site/ --out ours.isoref\n\nThe package holds statistics, sampled "
      "feature rows (not with --without-sample) and an atlas (40^3 cells, averaged over the people): no "
      "image of anybody and no "
      "name.\nWith "
      "--restorer a new site needs nothing but this file:\n  isoscan reference our_site/ --out ours.isoref "
      "--restorer");
  on_choice(command, flags, false, run_reference, chosen);
}

void add_adapt(CLI::App& program, Action& chosen) {
  auto* command =
      program.add_subcommand("adapt", "Learn a new site from a few of its scans, or each site of a study");
  const auto flags = std::make_shared<Flags>();
  command->add_option("SCANS", flags->scans, kScans)->required();
  command->add_option("--reference", flags->reference, "Reference package (.isoref)")->required();
  command
      ->add_option("--out", flags->out,
                   "Site model to write (.isosite), or a folder that gets one for each site")
      ->required();
  command->add_flag(
      "--self-contained", flags->self_contained,
      "The site model holds what is in the package too, so that `isoscan apply` needs no other file "
      "(1 to 2 MB; else some 10 KB, and 110 KB more for a restorer of the site's own)");
  add_scan_flags(*command, flags->only);
  flags->run.add_to(*command);
  command->footer(
      "examples:\n  isoscan adapt new_hospital/ --reference ours.isoref --out new.isosite\n  isoscan adapt "
      "study.tsv --reference ours.isoref --out sites\n\nWhich site a scan is of says the table's column "
      "`site`, else its device.");
  on_choice(command, flags, false, run_adapt, chosen);
}

void add_apply(CLI::App& program, Action& chosen) {
  auto* command =
      program.add_subcommand("apply", "Harmonize scans of a site that was learnt: one or a thousand");
  const auto flags = std::make_shared<Flags>();
  command->add_option("SCANS", flags->scans, kScans)->required();
  command->add_option("--site", flags->site, "Site model (.isosite)")->required();
  command->add_option(
      "--reference", flags->reference,
      "Reference package (.isoref) that the site was adapted to (default: found beside the site "
      "model, in the folder above, or where `isoscan adapt` read it)");
  command->add_option("--out", flags->out, "Output folder")->required();
  add_scan_flags(*command, flags->only);
  flags->run.add_to(*command);
  command->footer(
      "example:\n  isoscan apply new_hospital/ --site new.isosite --out out\n\nRunning it again does "
      "nothing; "
      "`isoscan explain out` says what would run and why.");
  on_choice(
      command, flags, true,
      [](const Request& request, const auto& work, std::stop_token stop) {
        return run_apply(request, work, std::move(stop));
      },
      chosen);
}

void add_harmonize(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("harmonize", "Learn, adapt and apply in one command");
  const auto flags = std::make_shared<Flags>();
  command->add_option("SCANS", flags->scans, kScans)->required();
  command
      ->add_option("--reference", flags->reference, "Reference package (.isoref), or the reference's scans")
      ->required();
  command->add_option("--out", flags->out, "Output folder")->required();
  add_scan_flags(*command, flags->only);
  flags->run.add_to(*command);
  command->footer(
      "examples:\n  isoscan harmonize new_hospital/ --reference our_site/ --out out\n"
      "  isoscan harmonize scans.tsv --reference ours.isoref --out out --method two-pass --intensity "
      "reference\n\n"
      "OUT holds sub-*/[ses-*/]anat/*_desc-harmonized_T1w.nii.gz with JSON sidecars, reports/index.html, "
      "status/ (one file a\n"
      "scan), sites/ (one model a site), manifest.json and run.jsonl. Scans of several sites get one map "
      "each.");
  on_choice(
      command, flags, true,
      [](const Request& request, const auto& work, std::stop_token stop) {
        return run_harmonize(request, work, std::move(stop));
      },
      chosen);
}

}  // namespace isoscan::app
