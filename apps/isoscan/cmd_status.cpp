#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <thread>

#include <boost/filesystem.hpp>
#include <sys/types.h>

#include "isoscan/core/error.hpp"

#include "batch_progress.hpp"
#include "commands.hpp"
#include "proof.hpp"
#include "slurm_queue.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

struct Flags {
  std::string out;
  std::string work;
  bool watch = false;
  bool json = false;
};

Batch batch_of(const Flags& flags) {
  const fs::path work = work_of(flags.work, flags.out);
  const auto last = last_batch(work);
  if (!last) {
    throw core::Error(core::ErrorKind::Input,
                      work.string() +
                          ": no batch was started here; name the output folder of `isoscan "
                          "run`, or with --work its work folder");
  }
  return load_batch(*last);
}

int status(const Flags& flags, const std::stop_token& stop) {
  const Batch batch = batch_of(flags);
  std::string shown;
  for (;;) {
    const config::Json progress = progress_of(batch);
    const std::string text = flags.json ? progress.dump_pretty() : progress_text(progress);
    if (text != shown) std::cout << text << std::flush;
    shown = text;
    const std::string& state = progress.at("state").as_string();
    if (state == "done") return static_cast<int>(progress.at("exit_status").as_integer());
    if (state == "cancelled") return core::exit_status(core::ErrorKind::Cancelled);
    if (state == "stopped") return core::exit_status(core::ErrorKind::Resource);
    if (!flags.watch || stop.stop_requested()) return 0;
    for (int tenth = 0; tenth < 20 && !stop.stop_requested(); ++tenth)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

int cancel(const Flags& flags) {
  const Batch batch = batch_of(flags);
  if (load_end(batch)) {
    std::cerr << "the batch has come to its end; there is nothing to cancel\n";
    return 0;
  }
  // First the word, then the deed: a task that starts in between sees that it must not.
  set_cancelled(batch);
  if (batch.executor == "slurm") {
    cancel_in_slurm(batch);
  } else if (lives(batch.host, batch.pid, batch.start) == true) {
    ::kill(batch.pid, SIGTERM);
  }
  std::cerr << "cancelled; what is done is kept, `isoscan run` goes on from there\n";
  return 0;
}

}  // namespace

void add_status(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("status", "Say how far a run of many tasks is, and what failed");
  const auto flags = std::make_shared<Flags>();
  add_run_place(*command, flags->out, flags->work);
  command->add_flag("--watch", flags->watch, "Go on until it has ended");
  command->add_flag("--json", flags->json, "For programs (data_schemas/progress.schema.json)");
  command->footer(
      "examples:\n  isoscan status out\n  isoscan status out --watch\n  isoscan status out --json\n\n"
      "Exit status: that of the run where it has ended; 0 while it is under way; 130 where it was cancelled; "
      "5 where "
      "it stopped\nbefore its end.");
  command->callback(
      [flags, &chosen] { chosen = [flags](std::stop_token stop) { return status(*flags, stop); }; });
}

void add_cancel(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("cancel", "Stop a run of many tasks; what is done is kept");
  const auto flags = std::make_shared<Flags>();
  add_run_place(*command, flags->out, flags->work);
  command->footer("example:\n  isoscan cancel out");
  command->callback([flags, &chosen] { chosen = [flags](std::stop_token) { return cancel(*flags); }; });
}

}  // namespace isoscan::app
