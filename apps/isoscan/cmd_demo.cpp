#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/engine/terminal_progress.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/phantom/head.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"
#include "isoscan/preprocess/tissue.hpp"
#include "isoscan/quality/fidelity.hpp"

#include "commands.hpp"
#include "processor_kernels.hpp"
#include "run_flags.hpp"
#include "session.hpp"
#include "workflow.hpp"

namespace isoscan::app {

namespace {

namespace fs = boost::filesystem;

struct Flags {
  std::string out;
  std::string size = "small";
  RunFlags run;
};

struct Size {
  int reference = 0;
  int site = 0;
  double spacing_mm = 0.0;
};

/// By the name that --size takes.
const std::map<std::string, Size> kSizes{
    {"tiny", {4, 3, 4.0}}, {"small", {4, 3, 2.0}}, {"full", {8, 6, 1.5}}};

/// A made-up person: the head, and its scan.
struct Person {
  std::string id;
  std::uint64_t seed = 0;
  bool reference = false;
};

std::vector<Person> people_of(const Size& size) {
  std::vector<Person> people;
  for (int n = 1; n <= size.reference; ++n) {
    people.push_back({"ref0" + std::to_string(n), static_cast<std::uint64_t>(n), true});
  }
  for (int n = 1; n <= size.site; ++n) {
    people.push_back({"new0" + std::to_string(n), static_cast<std::uint64_t>(100 + n), false});
  }
  return people;
}

phantom::VirtualScanner reference_scanner() {
  phantom::VirtualScanner scanner;
  scanner.name = "reference";
  scanner.bias = 0.1;
  scanner.noise = 0.015;
  return scanner;
}

fs::path scan_file(const fs::path& scans, const Person& person) {
  return scans / (person.reference ? "reference" : "new-hospital") / ("sub-" + person.id) / "anat" /
         ("sub-" + person.id + "_T1w.nii.gz");
}

phantom::SyntheticHead head_of(const Person& person, const Size& size, const core::Context& context) {
  phantom::HeadOptions options;
  options.grid = phantom::head_grid(size.spacing_mm);
  options.age_years = 30.0 + static_cast<double>(person.seed % 7) * 6.0;
  return phantom::make_head(options, person.seed, context);
}

void make_cohort(const fs::path& scans, const Size& size, const core::Context& context) {
  const std::vector<Person> people = people_of(size);
  const phantom::VirtualScanner new_scanner = phantom::preset("medium");
  for (std::size_t n = 0; n < people.size(); ++n) {
    context.check_stop();
    const Person& person = people[n];
    const phantom::SyntheticHead head = head_of(person, size, context);
    const auto scan =
        phantom::scan_with(person.reference ? reference_scanner() : new_scanner, head.image, head.brain,
                           head.tissue, person.reference ? 1 : 2, person.seed, context);
    io::write_nifti(scan_file(scans, person), scan.image);
    context.progress.report(static_cast<double>(n + 1) / static_cast<double>(people.size()));
  }
}

/// PSNR in the true brain of a scan against the truth, white matter of both at 1.
double psnr_of(const fs::path& file, const phantom::SyntheticHead& head) {
  core::Volume volume = io::read_nifti(file).volume;
  const double white = preprocess::white_matter_level(volume, head.tissue);
  for (float& v : volume.voxels) v = static_cast<float>(v / white);
  volume.grid = head.image.grid;  // equal up to the rounding of a NIfTI header
  return quality::psnr(volume, head.image, head.brain);
}

int demo(const Flags& flags, std::stop_token stop) {
  const config::Json settings =
      flags.run.settings(usual_method({}));  // mistakes are said before heads are made
  const Size size = kSizes.at(flags.size);
  const fs::path out(flags.out);
  const auto progress =
      std::make_shared<pipeline::TerminalProgress>(std::cerr, pipeline::options_for_stderr());
  core::Context context;
  context.stop = stop;
  context.progress = core::Progress(progress).slice(0.0, 1.0, "making a cohort");
  std::cerr << "demo: " << size.reference << " people at a reference scanner, " << size.site
            << " others at a new hospital (all made up), " << size.spacing_mm << " mm\n";
  make_cohort(out / "scans", size, context);
  progress->clear();

  Request request;
  request.command = "harmonize";
  request.scans = out / "scans" / "new-hospital";
  request.reference = out / "scans" / "reference";
  request.out = out / "harmonized";
  request.config = flags.run.config_file;
  request.settings = settings;
  request.kernels = asked_kernels();
  const int status = run_harmonize(request, work_folder(flags.run.work, request.out, true), stop);
  if (status != 0) return status;

  // These people are made up, so it is known what the reference's scanner would have seen without noise.
  std::printf("\nAgainst the truth, in the brain (PSNR, dB; higher is nearer):\n%-10s %12s %12s %8s\n",
              "person", "as scanned", "harmonized", "gain");
  double gain = 0.0;
  for (const Person& person : people_of(size)) {
    if (person.reference) continue;
    const phantom::SyntheticHead head = head_of(person, size, context);
    io::write_nifti(out / "truth" / ("sub-" + person.id + "_T1w.nii.gz"), head.image);
    const double before = psnr_of(scan_file(out / "scans", person), head);
    const double after = psnr_of(
        request.out / ("sub-" + person.id) / "anat" / ("sub-" + person.id + "_desc-harmonized_T1w.nii.gz"),
        head);
    std::printf("%-10s %12.2f %12.2f %+8.2f\n", person.id.c_str(), before, after, after - before);
    gain += (after - before) / size.site;
  }
  std::printf("%-10s %12s %12s %+8.2f\n\n", "mean", "", "", gain);
  std::fflush(stdout);
  std::cerr << "look at " << (request.out / "reports" / "index.html").string() << '\n';
  return 0;
}

}  // namespace

void add_demo(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("demo", "Make a cohort of synthetic heads and run everything on it");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--out", flags->out, "Output folder")->required();
  command
      ->add_option(
          "--size", flags->size,
          "tiny (7 people, 4 mm: to see the files), small (7 people, 2 mm) or full (14 people, 1.5 mm)")
      ->check(CLI::IsMember(kSizes));
  flags->run.add_to(*command);
  command->footer(
      "example:\n  isoscan demo --out demo\n\nOUT/scans holds the made-up scans, OUT/truth what the "
      "reference's scanner would\nhave seen without noise, OUT/harmonized the result with "
      "reports/index.html.");
  command->callback(
      [flags, &chosen] { chosen = [flags](std::stop_token stop) { return demo(*flags, std::move(stop)); }; });
}

}  // namespace isoscan::app
