#include "isoscan/core/parallel.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace isoscan::core {

namespace {

/// One call of parallel_for. Its parts are claimed one by one, by workers and by the caller itself; the
/// caller can always claim what no worker takes, so a call from within a worker cannot wait for ever.
struct Job {
  std::int64_t count = 0;
  std::int64_t parts = 0;
  const std::function<void(std::int64_t, std::int64_t)>* work = nullptr;
  std::int64_t claimed = 0;  ///< guarded by the pool's mutex, as are the next two
  std::int64_t ended = 0;
  std::vector<std::exception_ptr> failures;
  std::condition_variable all_ended;
};

/// Threads that sleep until there is a job. They are kept: starting one costs more than a small job.
class Pool {
 public:
  void run(const std::shared_ptr<Job>& job) {
    std::unique_lock lock(mutex_);
    while (static_cast<std::int64_t>(workers_.size()) < job->parts - 1)
      workers_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
    jobs_.push_back(job);
    if (job->parts == 2) {
      waiting_.notify_one();
    } else {
      waiting_.notify_all();
    }
    while (job->claimed < job->parts) do_one(job, lock);
    job->all_ended.wait(lock, [&] { return job->ended == job->parts; });
  }

 private:
  void serve(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (waiting_.wait(lock, stop, [this] { return !jobs_.empty(); })) {
      const std::shared_ptr<Job> job = jobs_.front();
      do_one(job, lock);
    }
  }

  /// Claims and does one part. The lock is held on entry and on return, not in between.
  void do_one(const std::shared_ptr<Job>& job, std::unique_lock<std::mutex>& lock) {
    const std::int64_t part = job->claimed++;
    if (job->claimed == job->parts) jobs_.erase(std::find(jobs_.begin(), jobs_.end(), job));
    lock.unlock();
    std::exception_ptr failure;
    try {
      (*job->work)(job->count * part / job->parts, job->count * (part + 1) / job->parts);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    job->failures[static_cast<std::size_t>(part)] = failure;
    if (++job->ended == job->parts) job->all_ended.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any waiting_;
  std::deque<std::shared_ptr<Job>> jobs_;  ///< those with parts that nobody claimed
  std::vector<std::jthread> workers_;      ///< last: they end before what they use
};

}  // namespace

void parallel_for(std::int64_t count, int threads,
                  const std::function<void(std::int64_t, std::int64_t)>& work) {
  if (count <= 0) return;
  const std::int64_t parts = std::clamp<std::int64_t>(threads, 1, count);
  if (parts == 1) {
    work(0, count);
    return;
  }
  static Pool pool;
  const auto job = std::make_shared<Job>();
  job->count = count;
  job->parts = parts;
  job->work = &work;
  job->failures.resize(static_cast<std::size_t>(parts));
  pool.run(job);
  for (const auto& failure : job->failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace isoscan::core
