#include "task_refusal.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

#include "isoscan/core/error.hpp"
#include "isoscan/core/maker.hpp"

#include "batch_file.hpp"
#include "slurm_queue.hpp"
#include "task_flags.hpp"

namespace isoscan::app {

namespace {

void wait(double seconds, const std::stop_token& stop) {
  constexpr double kLongest = 900.0;
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(std::min(seconds, kLongest));
  while (std::chrono::steady_clock::now() < until && !stop.stop_requested())
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
}

/// With all of its jobs: a task may begin, and be refused, before the last of them is known.
Batch submitted(const TaskFlags& task, const std::stop_token& stop) {
  constexpr int kLongestWaits = 60;
  Batch batch = load_batch(task.folder);
  for (int n = 0; n < kLongestWaits && batch.jobs[kCollect].size() < 2 && !stop.stop_requested(); ++n) {
    wait(1.0, stop);
    batch = load_batch(task.folder);
  }
  return batch;
}

int refuse(const TaskFlags& task, const std::stop_token& stop) {
  const Batch batch = load_batch(task.folder);
  if (is_cancelled(batch)) return core::exit_status(core::ErrorKind::Cancelled);
  const char* name = std::getenv("SLURMD_NODENAME");
  const std::string node = name == nullptr ? core::host_name() : name;
  double seconds = 0.0;
  if (task.segment != kCollect) {
    TaskReport report = load_task(batch, task.segment, task.index);
    if (is_final(report)) return report.exit_status;
    report.state = TaskState::Lost;
    report.attempt = task.attempt;
    report.pid = 0;
    report.start = 0;
    report.deaths.push_back(
        {task.attempt, core::exit_status(core::ErrorKind::Config), 0,
         "was refused by its node, which lacks the instructions of --kernels " + batch.kernels});
    save(batch, task.segment, task.index, report);
    for (const auto& segment : batch.segments) {
      if (segment.name == task.segment) seconds = segment.seconds;
    }
  }
  if (batch.executor == "slurm") {
    if (exclude_node(submitted(task, stop), node)) {
      std::cerr << "no further task of this batch starts on " << node << '\n';
    } else {
      std::cerr << "Slurm was not told to spare " << node << ": waiting, so that other nodes get the rest\n";
      wait(seconds, stop);
    }
  }
  return core::exit_status(core::ErrorKind::Config);
}

}  // namespace

void add_refusal(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<TaskFlags>();
  auto* command = add_task_flags(program, *flags);
  command->allow_extras();  // --kernels
  command->callback(
      [flags, &chosen] { chosen = [flags](const std::stop_token& stop) { return refuse(*flags, stop); }; });
}

}  // namespace isoscan::app
