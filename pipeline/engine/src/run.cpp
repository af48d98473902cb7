#include "isoscan/engine/run.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <unistd.h>

#include "isoscan/engine/garbage.hpp"
#include "isoscan/engine/manifest.hpp"

#include "graph.hpp"
#include "public_message.hpp"
#include "reason.hpp"
#include "resolve.hpp"
#include "run_budget.hpp"
#include "run_events.hpp"
#include "run_progress.hpp"
#include "system.hpp"

namespace isoscan::pipeline {

using config::Json;

namespace {

/// One run. A step is looked up as soon as what it needs is settled, which takes no cores; when its result is
/// not in the store it becomes runnable. Later stages go first, so that scans come to their end one by one
/// and the store's large files are read while they are still in the page cache. The first runnable step is
/// never overtaken by a smaller one: a fit that wants all cores would starve.
class Runner {
 public:
  Runner(const Chain& chain, const Cohort& cohort, Store& store, const RunOptions& options,
         const core::Context& context)
      : chain_(chain),
        store_(store),
        options_(options),
        context_(context),
        graph_(make_graph(chain, cohort)),
        resolver_(chain, cohort, store, context.seed),
        steps_(graph_.size()),
        cores_(std::max(1, context.threads)),
        budget_(cores_, options.memory_mb, options.gpus),
        events_(options.log, options.name) {
    std::vector<std::size_t> counts(chain.size(), 0);
    for (std::size_t index = 0; index < graph_.size(); ++index) {
      const GraphStep& step = graph_[index];
      steps_[index].open_needs = step.needs.size();
      steps_[index].result.stage = chain[step.stage]->spec().name;
      steps_[index].result.unit = step.unit;
      for (const std::size_t need : step.needs) steps_[need].followers.push_back(index);
      if (step.needs.empty()) to_look_up_.insert(rank(index));
      ++counts[step.stage];
    }
    progress_ = std::make_shared<RunProgress>(context.progress, counts, expected_seconds());
  }

  RunResult run() {
    const double start = steady_seconds();
    events_.start(chain_, context_.seed, cores_, options_.memory_mb, graph_.size());
    {
      std::vector<std::jthread> workers;
      const auto count = std::min<std::size_t>(static_cast<std::size_t>(cores_), graph_.size());
      for (std::size_t worker = 1; worker < count; ++worker) workers.emplace_back([this] { work(); });
      work();
    }
    RunResult result;
    result.name = options_.name;
    result.seed = context_.seed;
    result.sources = resolver_.sources();
    for (const auto& stage : chain_) result.stages.push_back(stage->spec().name);
    for (auto& step : steps_) {
      result.stopped = result.stopped || step.result.state == StepState::Stopped;
      result.step_of[{step.result.stage, step.result.unit}] = result.steps.size();
      result.steps.push_back(std::move(step.result));
    }
    events_.end(result, steady_seconds() - start);
    if (!result.stopped) progress_->finish();
    return result;
  }

 private:
  /// Later stages first, then unit order.
  struct Rank {
    std::size_t stage;
    std::size_t index;
    bool operator<(const Rank& other) const {
      return stage != other.stage ? stage > other.stage : index < other.index;
    }
  };
  struct Step {
    StepResult result;
    std::size_t open_needs = 0;
    std::vector<std::size_t> followers;
    Resolved resolved;
    bool alone = true;
  };

  [[nodiscard]] Rank rank(std::size_t index) const { return {graph_[index].stage, index}; }
  [[nodiscard]] const Stage& stage_of(std::size_t index) const { return *chain_[graph_[index].stage]; }
  [[nodiscard]] const Resources& needs_of(std::size_t index) const { return stage_of(index).spec().needs; }
  [[nodiscard]] bool can_start() const {
    return !runnable_.empty() && budget_.fits(needs_of(runnable_.begin()->index), running_.empty());
  }
  [[nodiscard]] bool stopping() const { return context_.stop.stop_requested() || events_.failed(); }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, context_.stop, [&] {
        return settled_ == graph_.size() || stopping() || can_start() || !to_look_up_.empty();
      });
      if (settled_ == graph_.size() || stopping()) return;
      if (can_start()) {
        const std::size_t index = runnable_.begin()->index;
        runnable_.erase(runnable_.begin());
        budget_.take(needs_of(index));
        steps_[index].alone = running_.empty();
        for (const std::size_t other : running_) steps_[other].alone = false;
        if (running_.empty()) reset_peak_memory();
        running_.insert(index);
        lock.unlock();
        const StepState state = execute(index);
        lock.lock();
        running_.erase(index);
        budget_.give_back(needs_of(index));
        settle(index, state);
      } else {
        const std::size_t index = to_look_up_.begin()->index;
        to_look_up_.erase(to_look_up_.begin());
        lock.unlock();
        const std::optional<StepState> state = look_up(index);
        lock.lock();
        if (state) {
          settle(index, *state);
        } else {
          runnable_.insert(rank(index));
          changed_.notify_all();
        }
      }
    }
  }

  /// With the lock held.
  void settle(std::size_t index, StepState state) {
    Step& step = steps_[index];
    step.result.state = state;
    step.resolved = {};  // a thousand cohorts' lists would add up
    ++settled_;
    for (const std::size_t follower : step.followers) {
      if (--steps_[follower].open_needs == 0) to_look_up_.insert(rank(follower));
    }
    changed_.notify_all();
  }

  Outcome outcome(std::size_t index) const {
    const StepResult& result = steps_[index].result;
    return {result.state == StepState::Done || result.state == StepState::Ran, result.key, &result.outputs};
  }

  /// Nothing: it has to run.
  std::optional<StepState> look_up(std::size_t index) {
    Step& step = steps_[index];
    StepResult& result = step.result;
    std::optional<StepState> state;
    try {
      step.resolved =
          resolver_.resolve(graph_, graph_[index], [&](std::size_t need) { return outcome(need); });
      result.left_out = step.resolved.left_out;
      if (!step.resolved.blocked.empty()) {
        result.why = step.resolved.blocked;
        events_.write("step-not-reached",
                      {{"stage", result.stage}, {"unit", result.unit}, {"why", result.why}});
        state = StepState::NotReached;
      } else {
        const int gpus = stage_of(index).spec().needs.gpus;
        if (gpus > options_.gpus) {
          throw core::Error(core::ErrorKind::Resource, "'" + result.stage + "' needs " +
                                                           std::to_string(gpus) + " GPU, and this run has " +
                                                           std::to_string(options_.gpus));
        }
        state = look_in_store(step);
      }
    } catch (...) {
      fail(step, core::current_error());
      state = StepState::Failed;
    }
    if (state) progress_->skipped(graph_[index].stage);
    return state;
  }

  std::optional<StepState> look_in_store(Step& step) {
    StepResult& result = step.result;
    const std::string key = key_of(step.resolved.parts);
    Lookup lookup = store_.find(result.stage, key, options_.check_outputs);
    const auto last = last_of(store_, result.stage, result.unit);
    result.key = key;
    if (!lookup.record) {
      result.why = reason(lookup, last, step.resolved.parts, key);
      return withheld(result, last);
    }
    keep_young(store_, result.stage, key);
    result.why = "its result is in the store";
    result.outputs = std::move(lookup.record->outputs);
    if (!last || last->key != key || !last->failure.empty()) {
      remember(result, {key, step.resolved.parts, lookup.record->made.seconds, "", {}});
    }
    events_.write("step-done", {{"stage", result.stage}, {"unit", result.unit}, {"key", key}});
    return StepState::Done;
  }

  /// Failed where the step is another task's business; as its last failure says, if it failed there.
  std::optional<StepState> withheld(StepResult& result, const std::optional<Last>& last) const {
    if (!options_.withhold) return std::nullopt;
    const auto words = options_.withhold(result.stage, result.unit);
    if (!words) return std::nullopt;
    if (last && last->key == result.key && !last->failure.empty()) {
      result.failure = Failure{last->kind, last->failure, last->failure};
    } else {
      result.failure = Failure{core::ErrorKind::Resource, *words, *words};
    }
    return StepState::Failed;
  }

  StepState execute(std::size_t index) {
    Step& step = steps_[index];
    StepResult& result = step.result;
    const StageSpec& spec = stage_of(index).spec();
    const double start = steady_seconds();
    const auto seconds = [&] { return steady_seconds() - start; };
    StepState state = StepState::Ran;
    events_.write("step-start",
                  {{"stage", result.stage}, {"unit", result.unit}, {"key", result.key}, {"why", result.why}});
    core::Context context = context_;
    context.progress = progress_->started(index, graph_[index].stage, spec.name + " " + result.unit);
    context.seed = spec.uses_seed ? context_.seed : 0;
    context.threads = budget_.cores_of(needs_of(index));
    try {
      Staging staging = store_.stage(spec.name);
      const StageIo io(step.resolved.inputs, spec.outputs, staging.folder(),
                       store_.checkpoint(spec.name, result.key));
      context.check_stop();
      stage_of(index).run(io, context);
      resolver_.check_sources(graph_[index]);
      result.seconds = seconds();
      const Made made{program_version(), utc_now(),        host_name(),     context.threads,
                      result.seconds,    peak_memory_mb(), is_alone(index), matrix_kernel()};
      Published published = store_.publish(std::move(staging), step.resolved.parts, spec.outputs, made);
      result.outputs = std::move(published.record.outputs);
      remember(result, {result.key, step.resolved.parts, result.seconds, "", {}});
      Json::Object event{{"stage", result.stage},   {"unit", result.unit},
                         {"key", result.key},       {"seconds", result.seconds},
                         {"threads", made.threads}, {"peak_memory_mb", made.peak_memory_mb},
                         {"alone", made.alone}};
      if (published.other_bytes)
        event["warning"] = "another run made other bytes under this key; those are kept";
      events_.write("step-end", std::move(event));
    } catch (...) {
      const core::Error error = core::current_error();
      result.seconds = seconds();
      if (error.kind() == core::ErrorKind::Cancelled && context_.stop.stop_requested()) {
        state = StepState::Stopped;
      } else {
        state = StepState::Failed;
        remember(result, {result.key, step.resolved.parts, result.seconds,
                          public_message(error.what(), step.resolved.inputs), error.kind()});
        fail(step, error);
      }
    }
    progress_->ended(index, graph_[index].stage, result.seconds, state == StepState::Ran);
    return state;
  }

  bool is_alone(std::size_t index) {
    const std::lock_guard lock(mutex_);
    return steps_[index].alone;
  }

  void fail(Step& step, const core::Error& error) {
    StepResult& result = step.result;
    result.failure = Failure{error.kind(), error.what(), public_message(error.what(), step.resolved.inputs)};
    events_.write("step-failed", {{"stage", result.stage},
                                  {"unit", result.unit},
                                  {"kind", core::name(error.kind())},
                                  {"message", result.failure->public_message}});
  }

  /// Only words for the next explain hang on this: that it cannot be written fails nothing.
  void remember(const StepResult& result, const Last& last) const {
    try {
      store_.set_last(result.stage, result.unit, to_json(last));
    } catch (const core::Error&) {
    }
  }

  /// What the store remembers of each stage, else what its spec guesses.
  std::vector<double> expected_seconds() const {
    std::vector<double> seconds;
    for (const auto& stage : chain_) seconds.push_back(stage->spec().needs.seconds);
    std::vector<bool> asked(chain_.size(), false);
    for (const GraphStep& step : graph_) {
      if (asked[step.stage]) continue;
      asked[step.stage] = true;
      const auto last = last_of(store_, chain_[step.stage]->spec().name, step.unit);
      if (last && last->failure.empty()) seconds[step.stage] = last->seconds;
    }
    return seconds;
  }

  const Chain& chain_;
  Store& store_;
  const RunOptions& options_;
  const core::Context& context_;
  std::vector<GraphStep> graph_;
  Resolver resolver_;
  std::vector<Step> steps_;
  std::shared_ptr<RunProgress> progress_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<Rank> to_look_up_;
  std::set<Rank> runnable_;
  std::set<std::size_t> running_;
  std::size_t settled_ = 0;
  int cores_ = 1;
  RunBudget budget_;
  RunEvents events_;
};

}  // namespace

RunResult run(const Chain& chain, const Cohort& cohort, Store& store, const RunOptions& options,
              const core::Context& context) {
  store.remove_stale();
  return Runner(chain, cohort, store, options, context).run();
}

}  // namespace isoscan::pipeline
