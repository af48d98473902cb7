#include <atomic>
#include <iostream>
#include <memory>
#include <optional>
#include <set>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/io/bids.hpp"
#include "isoscan/io/convert.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/io/study.hpp"

#include "commands.hpp"
#include "common_flags.hpp"
#include "converted_folder.hpp"
#include "places.hpp"
#include "scan_flags.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  std::string scans;
  std::string out;
  int cores = 0;
  bool all = false;
  std::optional<std::string> scaling;
  bool first_volume = false;
  bool resample = false;
  std::string pseudonym_key;
  io::ScanFilter only;
};

void write_status(const boost::filesystem::path& out, const std::string& scan, const std::string& state,
                  const std::string& reason) {
  config::write_json(
      out / "status" / (pipeline::file_name_of(scan) + ".json"),
      config::Json(config::Json::Object{
          {"format", "isoscan-status-1"}, {"scan", scan}, {"state", state}, {"reason", reason}}));
}

/// With --all two volumes of one visit may differ in their contrast alone: their names say it.
std::string name_of(const io::ScanSource& scan, bool all) {
  if (!all) return scan.id();
  return boost::filesystem::path(io::converted_path(scan, "")).filename().string();
}

/// Status files travel: they name a NIfTI file, not the way to it, and no DICOM file, whose name may be a
/// patient's.
std::string without_paths(std::string message, const io::ScanSource& scan, const std::string& out) {
  if (scan.kind == io::SourceKind::DicomSeries) {
    for (const boost::filesystem::path& file : scan.files)
      boost::replace_all(message, file.string(), "an image of the series");
  }
  std::vector<std::string> folders{out + "/"};
  for (const boost::filesystem::path& file : scan.files) folders.push_back(file.parent_path().string() + "/");
  for (const std::string& folder : folders) {
    if (folder.size() < 3) continue;
    for (std::size_t at = message.find(folder); at != std::string::npos; at = message.find(folder)) {
      message.erase(at, folder.size());
    }
  }
  return message;
}

void say_left_over(const Flags& flags, const io::ScanList& list) {
  if (const std::set<std::string> others = left_over(flags.out, list.scans); !others.empty()) {
    std::cerr << "warning: " << flags.out << " still holds " << others.size()
              << (others.size() == 1 ? " scan" : " scans") << " of an earlier run, as " << *others.begin()
              << ", which this run did not make: remove what is not wanted, or use another --out\n";
  }
}

int convert(const Flags& flags, std::stop_token stop) {
  const Console console = open_console(std::move(stop), flags.cores);
  const core::Context& context = console.context;
  io::FindOptions wanted;
  wanted.all = flags.all;
  wanted.read = {io::scaling_named(flags.scaling.value_or("auto")), flags.first_volume, flags.resample};
  wanted.only = flags.only;
  wanted.pseudonym_key = read_pseudonym_key(flags.pseudonym_key);
  if (boost::filesystem::exists(flags.scans)) require_apart(flags.scans, flags.out);
  const io::ScanList list =
      io::find_scans(flags.scans, context.slice(0.0, 0.05, "looking for scans"), wanted);
  const boost::filesystem::path out(flags.out);
  require_apart(list, flags.scans, out);
  require_converted_folder(out);
  int broken = 0;
  std::set<std::string> names;
  for (const io::SetAside& input : list.set_aside) {
    const std::string plain = io::public_input(input, wanted.pseudonym_key).name;
    std::string shown = plain;
    for (int n = 2; !names.insert(shown).second; ++n) shown = plain + "-" + std::to_string(n);
    write_status(out, shown, input.broken ? "failed" : "skipped",
                 io::public_input(input, wanted.pseudonym_key).reason);
    if (!input.broken) continue;
    ++broken;
    console.progress->print("broken: " + input.name + ": " + input.reason);
    remove_converted(out, input.name, list.scans);
  }
  for (const std::string& warning : list.warnings) console.progress->print("warning: " + warning);
  if (list.scans.empty()) {
    say_left_over(flags, list);
    throw core::Error(core::ErrorKind::Input, flags.scans + ": holds no scan that can be converted; " +
                                                  flags.out + "/status says why, input by input");
  }
  mark_converted_folder(out, io::source_dataset(flags.scans));
  std::atomic<int> failed = 0;
  std::atomic<int> done = 0;
  const auto count = static_cast<std::int64_t>(list.scans.size());
  core::parallel_for(count, context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      context.check_stop();
      const io::ScanSource& scan = list.scans[static_cast<std::size_t>(n)];
      const std::string name = name_of(scan, flags.all);
      try {
        for (const std::string& warning : io::convert_scan(scan, out).warnings)
          console.progress->print("warning: " + name + ": " + warning);
        write_status(out, name, "ok", "");
      } catch (const core::Error& error) {
        if (error.kind() == core::ErrorKind::Resource || error.kind() == core::ErrorKind::Cancelled) throw;
        ++failed;
        // A volume of an earlier run is no longer true of this scan.
        remove_converted(out, scan);
        write_status(out, name, "failed", without_paths(error.what(), scan, flags.out));
        console.progress->print(name + ": " + error.what());
      }
      context.slice(0.05, 1.0, "convert " + name)
          .progress.report(static_cast<double>(++done) / static_cast<double>(count));
    }
  });
  console.progress->clear();
  std::cerr << count - failed << (count - failed == 1 ? " scan" : " scans") << " converted into "
            << flags.out;
  if (failed + broken > 0) std::cerr << "; " << failed + broken << " failed";
  const auto skipped = static_cast<int>(list.set_aside.size()) - broken;
  if (skipped > 0)
    std::cerr << "; " << skipped << (skipped == 1 ? " other input" : " other inputs")
              << " skipped (status/ says why)";
  if (list.left_out > 0) std::cerr << "; " << list.left_out << " left out by the labels asked for";
  std::cerr << '\n';
  say_left_over(flags, list);
  return failed + broken > 0 ? 8 : 0;
}

}  // namespace

void add_convert(CLI::App& program, Action& chosen) {
  auto* command =
      program.add_subcommand("convert", "DICOM or NIfTI to NIfTI and a JSON sidecar, nothing else");
  const auto flags = std::make_shared<Flags>();
  command
      ->add_option(
          "SCANS", flags->scans,
          "Folder of DICOM or NIfTI, DICOMDIR, BIDS data set, one file, TSV table, or STUDY of ingest")
      ->required();
  command->add_option("--out", flags->out, "Output folder")->required();
  command->add_option("--cores", flags->cores, "Processor cores to use (default: all)")
      ->check(CLI::Range(0, 4096));
  command->add_flag("--all", flags->all,
                    "Every volume, not only T1w: what BIDS has no name for under other/");
  command->add_option("--pseudonym-key", flags->pseudonym_key,
                      "File of at least 16 secret bytes: DICOM subjects' labels cannot be guessed without it "
                      "(default: digests of patients' numbers, which a list of numbers undoes)");
  add_read_flags(*command, "Reading", flags->scaling, flags->first_volume, flags->resample);
  add_scan_flags(*command, flags->only);
  command->footer(
      "examples:\n  isoscan convert /media/cdrom --out converted\n  isoscan convert study --out converted "
      "--all\n\nVoxels keep their values and places; "
      "patient data stays behind.");
  command->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) { return convert(*flags, std::move(stop)); };
  });
}

}  // namespace isoscan::app
