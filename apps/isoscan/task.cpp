#include "task.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/maker.hpp"
#include "isoscan/engine/process.hpp"
#include "isoscan/engine/run_log.hpp"
#include "isoscan/engine/terminal_progress.hpp"
#include "isoscan/stages/run_options.hpp"

#include "batch_chains.hpp"
#include "batch_reasons.hpp"
#include "deaths.hpp"
#include "processor_kernels.hpp"
#include "proof.hpp"
#include "request.hpp"
#include "workflow.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

const pipeline::Segment& segment_named(const Batch& batch, const std::string& name) {
  for (const auto& segment : batch.segments) {
    if (segment.name == name) return segment;
  }
  throw core::Error(core::ErrorKind::Config,
                    batch.folder.string() + ": has no segment called \"" + name + "\"");
}

TaskReport running(int attempt) {
  TaskReport report;
  report.state = TaskState::Running;
  report.attempt = attempt;
  const core::Maker process = core::this_process();
  report.host = process.host;
  report.pid = process.pid;
  report.start = process.start;
  return report;
}

/// Status files travel, and what a task says of itself may name files anywhere in its words.
std::string public_words(core::ErrorKind kind) {
  const std::string where = "; its log, in the work folder, says which";
  switch (kind) {
    case core::ErrorKind::Resource:
      return "its task ran out of memory or disk";
    case core::ErrorKind::Cancelled:
      return "its task was stopped";
    case core::ErrorKind::Config:
      return "its task was refused for its configuration" + where;
    case core::ErrorKind::Io:
    case core::ErrorKind::Input:
    case core::ErrorKind::Geometry:
      return "a file or folder that its task needs could not be read or written" + where;
    default:
      return "its task failed" + where;
  }
}

bool exhausted(core::ErrorKind kind) {
  return kind == core::ErrorKind::Resource;
}

void fill(TaskReport& report, const pipeline::RunResult& result, const pipeline::Segment& segment,
          const std::vector<std::string>& units) {
  report.state = TaskState::Ended;
  for (const std::string& stage : segment.stages) {
    for (const std::string& unit : units) {
      const pipeline::StepResult* step = result.find(stage, unit);
      if (step == nullptr) continue;
      if (step->failure) {
        report.failed.push_back({stage, unit, step->failure->message, step->failure->public_message});
        report.out_of_resources = report.out_of_resources || exhausted(step->failure->kind);
      } else if (step->state == pipeline::StepState::NotReached) {
        report.failed.push_back({stage, unit, kNotReached + step->why, kNotReached + step->why});
      }
    }
  }
  report.exit_status = result.stopped            ? kStopped
                       : report.out_of_resources ? 5
                       : report.failed.empty()   ? 0
                                                 : 8;
}

}  // namespace

std::vector<std::string> task_words(const Batch& batch, const std::string& segment, const std::string& index,
                                    const std::string& attempt) {
  std::vector<std::string> words = batch.launcher;
  // In a container the program is where its package puts it.
  words.push_back(batch.launcher.empty() ? (pipeline::own_program().parent_path() / "isoscan").string()
                                         : std::string("isoscan"));
  words.insert(words.end(), {"task", batch.folder.string(), segment, index, "--attempt", attempt});
  if (!batch.kernels.empty()) words.insert(words.end(), {kKernelsFlag, batch.kernels});
  return words;
}

int do_task(const Batch& batch, const std::string& name, std::size_t index, int attempt,
            std::stop_token stop) {
  const pipeline::Segment& segment = segment_named(batch, name);
  if (index >= segment.tasks.size())
    throw core::Error(core::ErrorKind::Config, name + ": has no task " + std::to_string(index));
  if (is_cancelled(batch)) return core::exit_status(core::ErrorKind::Cancelled);
  const TaskReport before = load_task(batch, name, index);
  if (is_final(before)) return before.exit_status;
  TaskReport report = running(attempt);
  report.deaths = before.deaths;
  // Where nobody waits for the process, as under Slurm, the next try is the first to see that it is gone.
  if (before.state != TaskState::Waiting && before.state != TaskState::Ended && before.attempt < attempt &&
      std::none_of(before.deaths.begin(), before.deaths.end(),
                   [&](const Death& death) { return death.attempt == before.attempt; }))
    report.deaths.push_back({before.attempt, 0, task_memory_mb(batch, segment, before.attempt),
                             ending_of_try(batch, name, index, before.attempt)});
  save(batch, name, index, report);
  const auto begin = std::chrono::steady_clock::now();
  pipeline::limit_memory(task_memory_mb(batch, segment, attempt));
  try {
    const Request request = load_request(batch.folder);
    const NamedChain chain = kept_chain(request, batch.folder, batch.work, segment.chain);
    const stages::RunOptions settings = stages::run_options(request.settings);
    pipeline::RunLog log(task_log(batch, name, index, attempt, "jsonl"));
    pipeline::RunOptions options;
    options.name = segment.chain;
    options.check_outputs = settings.check_outputs;
    options.log = &log;
    core::Context context;
    context.stop = std::move(stop);
    context.seed = settings.seed;
    context.threads = segment.cores;
    pipeline::Store store(batch.work);
    const auto& units = segment.tasks[index];
    fill(report, pipeline::run_task(chain.chain, chain.cohort, store, segment, units, options, context),
         segment, units);
  } catch (...) {
    const core::Error error = core::current_error();
    report.state = TaskState::Ended;
    report.exit_status = core::exit_status(error.kind());
    report.out_of_resources = exhausted(error.kind());
    report.file_trouble = error.kind() == core::ErrorKind::Io;  // a disk of the network may have hiccuped
    report.failed.push_back({segment.stages.front(), kTheTask, error.what(), public_words(error.kind())});
  }
  if (report.exit_status == kStopped && !is_cancelled(batch)) {
    const std::chrono::duration<double> ran = std::chrono::steady_clock::now() - begin;
    report.deaths.push_back(
        {attempt, 0, 0,
         "was stopped after " + pipeline::duration_text(ran.count()) + " (its time limit, or from outside)"});
  }
  save(batch, name, index, report);
  for (const FailedStep& step : report.failed)
    std::cerr << step.unit << ": " << step.stage << ": " << step.message << '\n';
  return report.exit_status;
}

namespace {

/// The tasks' own run logs, in the order of the plan; once, also where the collecting itself is tried again.
void gather_logs(const Batch& batch, pipeline::RunLog& log) {
  const fs::path done = batch.folder / "logs-gathered";
  boost::system::error_code error;
  if (fs::exists(done, error)) return;
  for (const auto& segment : batch.segments) {
    for (std::size_t task = 0; task < segment.tasks.size(); ++task) {
      for (const int attempt : {1, 2}) {
        const fs::path file = task_log(batch, segment.name, task, attempt, "jsonl");
        if (fs::is_regular_file(file, error)) log.append(file);
      }
    }
  }
  core::write_file(done, "");
}

int collect(const Batch& batch, const std::stop_token& stop, BatchEnd& end) {
  const Request request = load_request(batch.folder);
  Gathering gathering;
  const BatchReasons reasons(batch);
  gathering.withhold = [&](const std::string& stage, const std::string& unit) {
    return reasons.of(stage, unit).value_or(pipeline::kLostStep);
  };
  gathering.planned = kept_cohorts(batch.folder / kCohorts, batch.work);
  if (gathering.planned.empty())
    throw core::Error(core::ErrorKind::Input,
                      (batch.folder / kCohorts).string() + ": knows no scans; start `isoscan run` again");
  gathering.log = [&](pipeline::RunLog& log) { gather_logs(batch, log); };
  try {
    return request.command == "apply" ? run_apply(request, batch.work, stop, gathering, &end.text)
                                      : run_harmonize(request, batch.work, stop, gathering, &end.text);
  } catch (const Lost& lost) {
    return collect_lost(request, batch.work, stop, gathering, lost, &end.text);
  }
}

}  // namespace

int do_collect(const Batch& batch, std::stop_token stop) {
  if (is_cancelled(batch)) return core::exit_status(core::ErrorKind::Cancelled);
  BatchEnd end;
  try {
    end.exit_status = collect(batch, stop, end);
  } catch (...) {
    const core::Error error = core::current_error();
    end.exit_status = core::exit_status(error.kind());
    end.text = error.what();
    std::cerr << "isoscan: " << error.what() << '\n';
  }
  if (end.exit_status != core::exit_status(core::ErrorKind::Cancelled)) save_end(batch, end);
  return end.exit_status;
}

}  // namespace isoscan::app
