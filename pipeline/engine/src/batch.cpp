#include "isoscan/engine/batch.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "isoscan/core/error.hpp"
#include "isoscan/engine/history.hpp"

namespace isoscan::pipeline {

namespace {

/// A process that has loaded LibTorch and read its inputs; what a stage promised may be less.
constexpr std::int64_t kLeastMemoryMb = 400;
/// Between a task's start and its first step: the loader, the cohort, looking up what is done.
constexpr double kStartSeconds = 60.0;

std::vector<std::vector<std::string>> packed(const std::vector<std::string>& units, double unit_seconds,
                                             const BatchOptions& options) {
  // Four tasks a worker, so that a slow scan at the end does not keep the others waiting.
  constexpr std::size_t kTasksAWorker = 4;
  const auto ceil_div = [](std::size_t a, std::size_t b) { return (a + b - 1) / b; };
  const double wanted = options.task_seconds / std::max(unit_seconds, 1e-3);
  auto size = wanted < 1.0 ? std::size_t{1} : static_cast<std::size_t>(std::min(wanted, 1e9));
  size = std::min(size, std::max<std::size_t>(1, units.size() / (kTasksAWorker * options.workers)));
  size = std::max(size, ceil_div(units.size(), options.max_tasks));
  // Even shares: 10 scans in fours are 4, 3, 3.
  const std::size_t count = ceil_div(units.size(), size);
  std::vector<std::vector<std::string>> tasks(count);
  for (std::size_t n = 0; n < units.size(); ++n) tasks[n * count / units.size()].push_back(units[n]);
  return tasks;
}

}  // namespace

std::string BatchOptions::problem() const {
  if (!(task_seconds > 0.0)) return "task_seconds must be above 0";
  if (max_tasks == 0) return "max_tasks must be at least 1";
  if (workers == 0) return "workers must be at least 1";
  if (task_memory_mb < 0) return "task_memory_mb must not be negative";
  if (task_cores < 1) return "task_cores must be at least 1";
  return {};
}

std::vector<Segment> segments_of(const Chain& chain, const Plan& plan, const Store& store,
                                 const std::string& chain_name, std::size_t first,
                                 const BatchOptions& options) {
  if (const std::string wrong = options.problem(); !wrong.empty())
    throw core::Error(core::ErrorKind::Config, wrong);
  std::map<std::string, std::vector<std::string>> open;  // by stage, in unit order
  for (const PlannedStep& step : plan.steps) {
    if (step.verdict != Verdict::Done) open[step.stage].push_back(step.unit);
  }
  std::vector<Segment> segments;
  for (std::size_t begin = 0; begin < chain.size();) {
    const Scope scope = chain[begin]->spec().scope;
    std::size_t end = begin;
    Segment segment;
    segment.chain = chain_name;
    std::vector<std::string> units;
    std::set<std::string> seen;
    double unit_seconds = 0.0;
    double slow_seconds = 0.0;
    for (; end < chain.size() && chain[end]->spec().scope == scope; ++end) {
      const StageSpec& spec = chain[end]->spec();
      segment.stages.push_back(spec.name);
      if (spec.needs.threads == 0) segment.cores = options.task_cores;
      for (const std::string& unit : open[spec.name]) {
        if (seen.insert(unit).second) units.push_back(unit);
      }
      const Taken taken = taken_before(store, *chain[end]);
      unit_seconds += taken.seconds;
      slow_seconds += taken.slow_seconds;
      segment.memory_mb = std::max(segment.memory_mb, taken.memory_mb);
      if (options.task_memory_mb == 0)
        segment.guessed_memory_mb = std::max(segment.guessed_memory_mb, spec.needs.memory_mb);
      segment.measured += taken.records;
    }
    begin = end;
    if (units.empty()) continue;
    segment.name = std::to_string(first + segments.size()) + "-" + segment.stages.back();
    segment.tasks = packed(units, unit_seconds, options);
    segment.memory_mb = options.task_memory_mb > 0
                            ? options.task_memory_mb
                            : std::max(kLeastMemoryMb, segment.memory_mb + segment.memory_mb / 4);
    std::size_t largest = 0;
    for (const auto& task : segment.tasks) largest = std::max(largest, task.size());
    segment.seconds = static_cast<double>(largest) * unit_seconds;
    segment.limit_seconds = 2.0 * static_cast<double>(largest) * slow_seconds + 10.0 * kStartSeconds;
    segments.push_back(std::move(segment));
  }
  return segments;
}

namespace {

std::size_t place(const Chain& chain, const std::string& stage) {
  for (std::size_t n = 0; n < chain.size(); ++n) {
    if (chain[n]->spec().name == stage) return n;
  }
  throw core::Error(core::ErrorKind::Config,
                    "the task is of the stage '" + stage + "', which the chain lacks");
}

/// The cohort as this task sees it: its own units, and of the others what stages over many units before this
/// segment read. Looking the others up further would cost a task of ten scans as much as one of all.
Cohort share_of(const Chain& chain, const Cohort& cohort, std::size_t begin,
                const std::set<std::string>& own) {
  std::string others_end;
  for (std::size_t stage = 0; stage < begin; ++stage) {
    if (chain[stage]->spec().scope == Scope::Image) continue;
    for (std::size_t before = 0; before < stage; ++before) {
      if (chain[before]->spec().scope == Scope::Image) others_end = chain[before]->spec().name;
    }
  }
  const bool over_many = begin < chain.size() && chain[begin]->spec().scope != Scope::Image;
  if (over_many) return cohort;
  Cohort share;
  share.shared = cohort.shared;
  for (const Unit& unit : cohort.units) {
    const bool mine = own.count(unit.id) > 0;
    if (!mine && others_end.empty()) continue;
    share.units.push_back(unit);
    if (mine) continue;
    std::string& last = share.units.back().last_stage;
    if (last.empty() || place(chain, last) > place(chain, others_end)) last = others_end;
  }
  return share;
}

}  // namespace

RunResult run_task(const Chain& chain, const Cohort& cohort, Store& store, const Segment& segment,
                   const std::vector<std::string>& units, RunOptions options, const core::Context& context) {
  if (segment.stages.empty()) throw core::Error(core::ErrorKind::Config, "the task has no stage");
  const std::size_t begin = place(chain, segment.stages.front());
  const std::size_t end = place(chain, segment.stages.back()) + 1;
  const std::set<std::string> stages(segment.stages.begin(), segment.stages.end());
  const std::set<std::string> own(units.begin(), units.end());
  options.withhold = [&](const std::string& stage, const std::string& unit) -> std::optional<std::string> {
    if (stages.count(stage) > 0 && own.count(unit) > 0) return std::nullopt;
    return kLostStep;
  };
  const Chain until(chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(end));
  Cohort share = share_of(chain, cohort, begin, own);
  for (Unit& unit : share.units) {
    // The chain ends here: a unit that goes further in the whole goes to its end.
    if (!unit.last_stage.empty() && place(chain, unit.last_stage) >= end) unit.last_stage.clear();
  }
  return run(until, share, store, options, context);
}

}  // namespace isoscan::pipeline
