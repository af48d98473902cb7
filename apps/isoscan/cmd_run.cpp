#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <thread>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/maker.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/engine/terminal_progress.hpp"

#include "batch_chains.hpp"
#include "batch_progress.hpp"
#include "commands.hpp"
#include "executors.hpp"
#include "processor_kernels.hpp"
#include "slurm_queue.hpp"
#include "task.hpp"
#include "task_graph.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

struct Flags {
  std::string config;
  std::vector<std::string> set;
  std::string executor;
  std::string format;
  bool dry_run = false;
  bool no_wait = false;
};

std::vector<std::string> changes_of(const Flags& flags) {
  std::vector<std::string> changes = flags.set;
  if (!flags.executor.empty()) changes.push_back("batch.executor=" + flags.executor);
  return changes;
}

std::string needs_text(const BatchPlan& plan) {
  std::string text;
  double total = 0.0;
  for (const pipeline::Segment& segment : plan.segments) {
    std::size_t units = 0;
    for (const auto& task : segment.tasks) units += task.size();
    text += "  " + segment.name + ": " + std::to_string(units) + (units == 1 ? " unit in " : " units in ") +
            std::to_string(segment.tasks.size()) + (segment.tasks.size() == 1 ? " task" : " tasks") +
            " of about " + pipeline::duration_text(segment.seconds) + ", " +
            std::to_string(segment.memory_mb) + " MB, " + std::to_string(segment.cores) +
            (segment.cores == 1 ? " core" : " cores") +
            (segment.measured > 0 ? " (measured)" : " (guessed: never ran here)") + "\n";
    total += segment.seconds * static_cast<double>(segment.tasks.size());
  }
  if (!text.empty()) text += "in all about " + pipeline::duration_text(total) + " of one core\n";
  return text;
}

/// How `isoscan status` and `cancel` find the batch.
std::string place_of(const Job& job) {
  const bool usual = job.work == work_folder("", job.request.out, true);
  return job.request.out.string() + (usual ? "" : " --work " + job.work.string());
}

Batch prepared(const Job& job, const BatchPlan& plan, const fs::path& folder) {
  Batch batch;
  batch.folder = folder;
  batch.work = fs::absolute(job.work);
  batch.executor = job.executor;
  batch.segments = plan.segments;
  batch.retry_memory_factor = job.retry_memory_factor;
  batch.most_memory_mb = job.executor == "local" ? job.memory_mb : 0;
  batch.kernels = chosen_kernels();
  batch.launcher = job.launcher;
  const core::Maker process = core::this_process();
  batch.host = process.host;
  batch.pid = process.pid;
  batch.start = process.start;
  save(job.request, folder);
  save_run(job.request, job.work);
  return batch;
}

/// Until the batch has ended; jobs go on where this is stopped.
int wait_for(const Batch& batch, const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  // What a node wrote may be seen here later than that its job has left the queue.
  constexpr auto kLateDisk = std::chrono::seconds(90);
  constexpr auto kLongestPause = std::chrono::seconds(20);
  std::string shown;
  Clock::time_point seen_at_work = Clock::now();
  auto pause = std::chrono::milliseconds(2000);
  for (;;) {
    if (const auto end = load_end(batch)) return end->exit_status;
    if (stop.stop_requested()) {
      throw core::Error(core::ErrorKind::Cancelled,
                        "no longer waiting; the jobs go on (isoscan status, isoscan cancel)");
    }
    const config::Json progress = progress_of(batch);
    const std::string text = progress_text(progress);
    if (text != shown) std::cerr << text;
    shown = text;
    const std::string& state = progress.at("state").as_string();
    if (state == "cancelled")
      throw core::Error(core::ErrorKind::Cancelled, "the batch was cancelled; run it again to go on");
    if (state != "stopped") seen_at_work = Clock::now();
    if (Clock::now() - seen_at_work > kLateDisk && !load_end(batch)) {
      throw core::Error(core::ErrorKind::Resource,
                        "the batch stopped before its end: no job of it is in Slurm's queue "
                        "any more; what is done is kept, run it again to go on");
    }
    const auto until = Clock::now() + pause;
    while (Clock::now() < until && !stop.stop_requested() && !load_end(batch))
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    // The scheduler is asked less and less often.
    pause = std::min<std::chrono::milliseconds>(pause + pause / 4, kLongestPause);
  }
}

int run(const Flags& flags, std::stop_token stop) {
  Job job = job_of(flags.config, changes_of(flags));
  require_kernels(job.kernels);
  if (job.executor == "slurm") job.packing.max_tasks = std::min(job.packing.max_tasks, largest_array());
  if (flags.dry_run) {
    const BatchPlan plan = plan_batch(job, {}, std::move(stop));
    std::cout << plan.words << needs_text(plan);
    return 0;
  }
  auto alone = sole_batch(job.work);
  const fs::path folder = new_batch_folder(job.work, kBatches);
  BatchPlan plan;
  try {
    plan = plan_batch(job, folder, stop);
  } catch (...) {
    boost::system::error_code ignored;
    fs::remove_all(folder, ignored);
    throw;
  }
  Batch batch = prepared(job, plan, folder);
  save(batch);
  std::cerr << needs_text(plan);
  int status = 0;
  if (job.executor == "local" || plan.segments.empty()) {
    // With nothing to compute the end is quick: no queue for it.
    batch.executor = "local";
    save(batch);
    status = run_local(batch, job, std::move(stop));
  } else {
    submit_to_slurm(batch, job);
    alone.reset();
    if (flags.no_wait) {
      std::cerr << "submitted; `isoscan status " << place_of(job) << "` says how far it is\n";
      return 0;
    }
    status = wait_for(batch, stop);
  }
  std::cerr << progress_text(progress_of(batch));
  return status;
}

int plan(const Flags& flags, std::stop_token stop) {
  const Job job = job_of(flags.config, changes_of(flags));
  require_kernels(job.kernels);
  const GraphFormat format = graph_format(flags.format);
  const fs::path folder = new_batch_folder(job.work, kPlans);
  const BatchPlan made = plan_batch(job, folder, std::move(stop));
  Batch batch = prepared(job, made, folder);
  batch.pid = 0;  // nobody runs it: whoever takes the graph does
  batch.start = 0;
  save(batch);
  std::cout << task_graph(batch, format);
  return 0;
}

void add_job_flags(CLI::App& command, Flags& flags) {
  command
      .add_option("CONFIG", flags.config,
                  "JSON file that says which scans, where to and how (isoscan config init)")
      ->required();
  command
      .add_option("--set", flags.set,
                  "KEY=VALUE over the file, as options.bound=0.3 or batch.at_once=20; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void add_run(CLI::App& program, Action& chosen) {
  auto* command =
      program.add_subcommand("run", "Harmonize a thousand scans: many processes, or a Slurm cluster");
  const auto flags = std::make_shared<Flags>();
  add_job_flags(*command, *flags);
  command->add_option("--executor", flags->executor,
                      "local (processes of this machine) or slurm; wins over the file");
  command->add_flag(
      "--dry-run", flags->dry_run,
      "Say what would run and why, in how many tasks, with how much time and memory; run nothing");
  command->add_flag("--no-wait", flags->no_wait, "slurm: return when all is submitted");
  command->footer(
      "examples:\n  isoscan config init > night.json       # then name scans, reference and out in it\n"
      "  isoscan run night.json --dry-run\n  isoscan run night.json --executor slurm\n"
      "  isoscan status out --watch\n\n"
      "It ends with a summary and the exit status of the whole: 0 all scans, 8 some failed, 5 all were lost. "
      "Running "
      "it again does\nonly what is missing. docs/cluster.md has the rest.");
  command->callback(
      [flags, &chosen] { chosen = [flags](std::stop_token stop) { return run(*flags, std::move(stop)); }; });
}

void add_plan(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand(
      "plan", "Write the tasks of a run for another engine: Snakemake, Nextflow, make");
  const auto flags = std::make_shared<Flags>();
  add_job_flags(*command, *flags);
  command->add_option("--format", flags->format, "snakemake, nextflow or make")->required();
  command->footer(
      "examples:\n  isoscan plan night.json --format make > night.mk && make -f night.mk -j 4\n"
      "  isoscan plan night.json --format snakemake > Snakefile && snakemake --cores 4");
  command->callback(
      [flags, &chosen] { chosen = [flags](std::stop_token stop) { return plan(*flags, std::move(stop)); }; });
}

}  // namespace isoscan::app
