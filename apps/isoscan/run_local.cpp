#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include <sys/types.h>

#include "isoscan/core/error.hpp"
#include "isoscan/engine/process.hpp"

#include "common_flags.hpp"
#include "deaths.hpp"
#include "executors.hpp"
#include "task.hpp"

namespace isoscan::app {

namespace {

/// Tells other hosts that this runner is at work, also while it collects.
class Beating {
 public:
  explicit Beating(const Batch& batch)
      : thread_([&batch](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any wake;
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
            beat(batch);
            wake.wait_for(lock, stop, std::chrono::seconds(10), [] { return false; });
          }
        }) {}

 private:
  std::jthread thread_;
};

class LocalRunner {
 public:
  LocalRunner(const Batch& batch, const Job& job, std::stop_token stop)
      : batch_(batch),
        processes_(static_cast<std::size_t>(job.processes)),
        memory_mb_(job.memory_mb > 0 ? job.memory_mb : free_memory_mb()),
        stop_(stop),
        console_(open_console(std::move(stop), 1)) {
    for (const auto& segment : batch.segments)
      all_ += static_cast<double>(segment.tasks.size()) * segment.seconds;
  }

  void run() {
    for (const auto& segment : batch_.segments) run(segment);
    console_.progress->clear();
  }

 private:
  struct Try {
    std::size_t task = 0;
    int attempt = 1;
    std::int64_t memory_mb = 0;
  };

  void run(const pipeline::Segment& segment) {
    std::deque<Try> waiting;
    for (std::size_t task = 0; task < segment.tasks.size(); ++task)
      waiting.push_back({task, 1, task_memory_mb(batch_, segment, 1)});
    while (!waiting.empty() || !at_work_.empty()) {
      // Whoever cancels may be on another host, from where no signal comes.
      if (stop_.stop_requested() || is_cancelled(batch_)) stop_all();
      while (!waiting.empty() && fits(segment, waiting.front())) {
        start(segment, waiting.front());
        waiting.pop_front();
      }
      const pipeline::Ended ended = pipeline::next_ended();
      const auto found = at_work_.find(ended.pid);
      if (ended.pid == 0 || found == at_work_.end()) continue;
      const Try done = found->second;
      at_work_.erase(found);
      used_mb_ -= done.memory_mb;
      if (!settle(segment, done, ended.status))
        waiting.push_front({done.task, 2, task_memory_mb(batch_, segment, 2)});
    }
  }

  [[nodiscard]] bool fits(const pipeline::Segment& segment, const Try& next) const {
    const std::size_t cores = (at_work_.size() + 1) * static_cast<std::size_t>(segment.cores);
    return at_work_.empty() || (cores <= processes_ && used_mb_ + next.memory_mb <= memory_mb_);
  }

  void start(const pipeline::Segment& segment, const Try& next) {
    const int pid = pipeline::start_process(
        task_words(batch_, segment.name, std::to_string(next.task), std::to_string(next.attempt)),
        task_log(batch_, segment.name, next.task, next.attempt, "txt"));
    at_work_[pid] = next;
    used_mb_ += next.memory_mb;
  }

  /// False where the task is to be tried once more.
  bool settle(const pipeline::Segment& segment, const Try& done, int status) {
    const TaskReport report = load_task(batch_, segment.name, done.task);
    const std::string name = segment.name + "." + std::to_string(done.task);
    if (!is_final(report)) {
      const bool died = report.state != TaskState::Ended;
      const Death death{done.attempt, status, done.memory_mb, ""};
      if (died) save_death(batch_, segment.name, done.task, death);
      const std::string how = died                      ? how_it_ended(death)
                              : report.out_of_resources ? "ran out of memory or disk"
                              : report.file_trouble     ? "could not read or write what it needs"
                                                        : "was stopped";
      const bool again = done.attempt == 1 && !stop_.stop_requested();
      console_.progress->print(
          name + ": " + how + " with " + std::to_string(done.memory_mb) + " MB" +
          (again ? "; once more with " + std::to_string(task_memory_mb(batch_, segment, 2)) + " MB" : ""));
      if (again) return false;
    }
    for (const FailedStep& step : report.failed)
      console_.progress->print(step.unit + ": " + step.stage + ": " + step.message);
    done_ += segment.seconds;
    console_.progress->report(all_ > 0.0 ? 0.98 * done_ / all_ : 0.0, name);
    return true;
  }

  [[noreturn]] void stop_all() {
    for (const auto& [pid, ignored] : at_work_) ::kill(pid, SIGTERM);
    while (!at_work_.empty()) at_work_.erase(pipeline::next_ended().pid);
    console_.progress->clear();
    throw core::Error(core::ErrorKind::Cancelled, "stopped; what is done is kept, run it again to go on");
  }

  const Batch& batch_;
  std::size_t processes_;
  std::int64_t memory_mb_;
  std::stop_token stop_;
  Console console_;
  std::map<int, Try> at_work_;
  std::int64_t used_mb_ = 0;
  double all_ = 0.0;
  double done_ = 0.0;
};

}  // namespace

int run_local(Batch& batch, const Job& job, std::stop_token stop) {
  const Beating beating(batch);
  LocalRunner(batch, job, stop).run();
  return do_collect(batch, std::move(stop));
}

}  // namespace isoscan::app
