#include <ctime>
#include <iostream>
#include <memory>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/engine/garbage.hpp"

#include "batch_file.hpp"
#include "batch_progress.hpp"
#include "commands.hpp"
#include "proof.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

struct Flags {
  std::vector<std::string> outs;
  std::string work;
  double hours = 24.0;
  bool forget = false;
  bool dry_run = false;
};

/// Batches that came to their end, or were cancelled or stopped, long ago: the last one is what `isoscan
/// status` tells of. The caller has made sure that none is under way.
std::vector<fs::path> old_batches(const fs::path& work, std::time_t age) {
  std::vector<fs::path> old = batches_of(work);
  if (!old.empty()) old.pop_back();
  std::erase_if(old, [&](const fs::path& folder) {
    boost::system::error_code error;
    const std::time_t time = fs::last_write_time(folder, error);
    return error || time > std::time(nullptr) - age;
  });
  return old;
}

int collect(const Flags& flags) {
  const fs::path work = work_of(flags.work, flags.outs.front());
  if (!is_work_folder(work)) {
    throw core::Error(core::ErrorKind::Config,
                      work.string() + ": is no work folder of a run; name it with --work");
  }
  // What a batch made last has no manifest yet.
  const auto alone = sole_batch(work);
  pipeline::NamedResults named;
  for (const std::string& out : flags.outs) {
    const fs::path manifest = fs::path(out) / "manifest.json";
    if (!fs::is_regular_file(manifest)) {
      throw core::Error(core::ErrorKind::Input,
                        manifest.string() +
                            ": is not there, so nothing would be kept; finish the run of this "
                            "folder first, or remove the work folder as a whole");
    }
    pipeline::add_named(named, config::read_json(manifest, core::ErrorKind::Input));
  }
  std::vector<fs::path> forgotten;
  for (const fs::path& other : outputs_of(work)) {
    const fs::path manifest = other / "manifest.json";
    boost::system::error_code error;
    if (fs::is_regular_file(manifest, error)) {
      pipeline::add_named(named, config::read_json(manifest, core::ErrorKind::Input));
    } else if (flags.forget) {
      forgotten.push_back(other);
    } else {
      throw core::Error(
          core::ErrorKind::Input,
          manifest.string() +
              ": is not there, and a run of it left results in this work folder. Where its disk is "
              "not mounted, mount it; where it was moved, name its new place too and add --forget-missing; "
              "where it is gone for good, add --forget-missing alone");
    }
  }
  if (!flags.dry_run) {
    for (const fs::path& other : forgotten) forget_output(work, other);
  }
  const auto age = static_cast<std::time_t>(flags.hours * 3600.0);
  const pipeline::Garbage found = pipeline::remove_unnamed(pipeline::Store(work), named, age, flags.dry_run);
  const std::vector<fs::path> batches = old_batches(work, age);
  for (const fs::path& folder : batches) {
    boost::system::error_code error;
    if (!flags.dry_run) fs::remove_all(folder, error);
  }
  std::cout << (flags.dry_run ? "would free " : "freed ") << (found.bytes + 500000) / 1000000 << " MB of "
            << found.freed << (found.freed == 1 ? " result" : " results");
  if (!batches.empty())
    std::cout << ", and the files of " << batches.size() << (batches.size() == 1 ? " batch" : " batches");
  std::cout << "; " << found.kept << " that a manifest names stay";
  if (found.young > 0)
    std::cout << ", and " << found.young << " that are younger than " << flags.hours << " h";
  std::cout << '\n';
  for (const std::string& line : found.stuck) std::cerr << "cannot be removed: " << line << '\n';
  return found.stuck.empty() ? 0 : core::exit_status(core::ErrorKind::Io);
}

}  // namespace

void add_gc(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("gc", "Free intermediate results that no run's manifest names");
  const auto flags = std::make_shared<Flags>();
  command->add_option("OUT", flags->outs, "Output folders whose results must stay")->required();
  command->add_option("--work", flags->work,
                      "Folder of intermediate results (default: .isoscan in the first OUT)");
  command
      ->add_option(
          "--hours", flags->hours,
          "Spare results and batches younger than this, as a run may be at work (default 24, at least 1)")
      ->check(CLI::Range(1.0, 1e6));
  command->add_flag(
      "--forget-missing", flags->forget,
      "Free what outputs that are no longer there were made of; without it such an output is an error");
  command->add_flag("--dry-run", flags->dry_run, "Say how much would be freed, and remove nothing");
  command->footer(
      "examples:\n  isoscan gc out --dry-run\n  isoscan gc out other_out --work /scratch/isoscan\n\n"
      "Results of older options, methods or inputs pile up in the work folder. Of a work folder that several "
      "output\nfolders share, those that ran in it are known, and theirs stay too. Reports and logs of "
      "batches that ended long ago go, "
      "but for the last.");
  command->callback([flags, &chosen] { chosen = [flags](std::stop_token) { return collect(*flags); }; });
}

}  // namespace isoscan::app
