#include <map>
#include <memory>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/evaluate/longitudinal.hpp"
#include "isoscan/io/brain_mask.hpp"

#include "cmd_evaluate.hpp"
#include "evaluate_run.hpp"

namespace isoscan::app {

namespace {

namespace fs = boost::filesystem;

struct Flags {
  EvaluateFlags common;
  std::string scans;
  std::string reference;
};

evaluate::LesionScan lesion_scan_of(const io::ScanSource& scan, const fs::path& table) {
  const auto lesions = scan.covariates.find("lesions");
  if (lesions == scan.covariates.end() || lesions->second.empty()) {
    throw core::Error(core::ErrorKind::Config,
                      scan.id() +
                          ": has no lesion mask; --scans wants a TSV table with the columns path, "
                          "subject, session and lesions, and site where protocols differ");
  }
  const fs::path mask = fs::absolute(lesions->second, fs::absolute(table).parent_path());
  evaluate::LesionScan out;
  out.scan = person_of(scan);
  out.scan.role.reset();
  out.load_lesions = [mask](const core::Grid& grid) { return io::read_brain_mask(mask, grid); };
  out.site = scan.site;
  return out;
}

std::vector<evaluate::LesionCourse> courses_of(const io::ScanList& list, const fs::path& table) {
  std::map<std::string, std::map<std::string, const io::ScanSource*>> by_person;
  for (const io::ScanSource& scan : list.scans) by_person[scan.subject].try_emplace(scan.session, &scan);
  std::vector<evaluate::LesionCourse> out;
  for (const auto& [subject, scans] : by_person) {
    if (scans.size() < 2) continue;
    out.push_back({"sub-" + subject, lesion_scan_of(*scans.begin()->second, table),
                   lesion_scan_of(*std::next(scans.begin())->second, table)});
  }
  return out;
}

int longitudinal(const Flags& flags, std::stop_token stop) {
  EvaluateRun run(flags.common, std::move(stop));
  evaluate::LongitudinalOptions options;
  options.spacing_mm = run.spacing_mm();
  options.fit = run.fit();
  options.methods = run.methods();
  const auto courses = courses_of(run.list(flags.scans, 0.0, 0.02), flags.scans);
  const std::vector<evaluate::Person> reference = people_of(run.list(flags.reference, 0.02, 0.04));
  return run.finish(
      evaluate::longitudinal(courses, reference, options, run.context(0.04, 1.0, "longitudinal")));
}

}  // namespace

void add_evaluate_longitudinal(CLI::App& evaluate, Action& chosen) {
  auto* command = evaluate.add_subcommand(
      "longitudinal", "People with lesions at two time points: lesion contrast and volume are kept");
  const auto flags = std::make_shared<Flags>();
  command
      ->add_option(
          "--scans", flags->scans,
          "TSV table: path, subject, session, lesions (a mask on the scan's grid), and site where the "
          "protocol changed")
      ->required();
  command->add_option("--reference", flags->reference, "Scans of the scanner to harmonize to")->required();
  flags->common.add_to(*command);
  command->footer(
      "example:\n  isoscan evaluate longitudinal --scans lesions.tsv --reference oasis/ --spacing 1.5");
  command->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) { return longitudinal(*flags, std::move(stop)); };
  });
}

}  // namespace isoscan::app
