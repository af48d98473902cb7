/// @file A batch on disk: what `isoscan run` planned, and what became of each task. All of it lies in the
/// work folder, <work>/batch/<name>/, which is private to the site:
///
///     plan.json                      segments, tasks, jobs; who started it
///     tasks/<segment>.<n>.json       one task: running, or ended with which exit status
///     log/<segment>.<n>.<try>.txt    what the task said; .jsonl: its run log
///     cancelled, end.json            `isoscan cancel` came by; how the whole ended
///     alive                          the local runner touches it while it is at work
///
/// Plans for other engines have the same form and lie in <work>/plans/: nobody here runs them.
/// <work>/batch/lock is held while a batch is started, and by a local runner for its life.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/batch.hpp"

namespace isoscan::app {

/// The last segment of each batch: gathers OUT from what the tasks left in the store.
inline constexpr const char* kCollect = "collect";

struct Batch {
  boost::filesystem::path folder;
  boost::filesystem::path work;
  std::string executor;  ///< "local" or "slurm"
  std::vector<pipeline::Segment> segments;
  double retry_memory_factor = 2.0;
  std::int64_t most_memory_mb = 0;    ///< of any task, at any try; 0: no limit
  std::string kernels;                ///< --kernels of each task: the same bits on every node
  std::vector<std::string> launcher;  ///< words before `isoscan task ...`
  /// slurm: job ids by segment, first and second try; of kCollect the one job.
  std::map<std::string, std::vector<std::string>> jobs;
  std::string host;  ///< local: where the runner is
  int pid = 0;
  std::uint64_t start = 0;
};

inline constexpr int kStopped = 130;  ///< exit status of a task that was told to stop

enum class TaskState : std::uint8_t { Waiting, Running, Ended, Lost };

struct FailedStep {
  std::string stage;
  std::string unit;
  std::string message;         ///< for people at this machine: names files
  std::string public_message;  ///< for files that travel
};

/// A try that did not come to its own end.
struct Death {
  int attempt = 0;
  int status = 0;              ///< 128 + signal, or exit status; 0 where nobody saw it
  std::int64_t memory_mb = 0;  ///< that it was given; 0 where that does not matter
  std::string words;           ///< how, where more is known: "ran into its time limit"
};

struct TaskReport {
  TaskState state = TaskState::Waiting;
  int attempt = 0;
  int exit_status = 0;             ///< of Ended
  bool out_of_resources = false;   ///< of Ended: memory or disk ran out; a further try may do it
  bool file_trouble = false;       ///< of Ended: the task itself could not read or write; so may one more try
  std::vector<FailedStep> failed;  ///< of Ended
  std::vector<Death> deaths;       ///< of this and earlier tries
  std::string host;
  int pid = 0;
  std::uint64_t start = 0;
};

/// Folders of batches, and of plans for other engines, in the work folder.
inline constexpr const char* kBatches = "batch";
inline constexpr const char* kPlans = "plans";

/// A new folder <work>/<kind>/<time>, without a plan. @throws Error(Io).
[[nodiscard]] boost::filesystem::path new_batch_folder(const boost::filesystem::path& work,
                                                       const std::string& kind);
void save(const Batch& batch);
/// @throws Error(Io|Config) where it cannot be read.
[[nodiscard]] Batch load_batch(const boost::filesystem::path& folder);
/// The batches of a work folder, the newest last.
[[nodiscard]] std::vector<boost::filesystem::path> batches_of(const boost::filesystem::path& work);
/// The newest batch of a work folder, or nothing.
[[nodiscard]] std::optional<boost::filesystem::path> last_batch(const boost::filesystem::path& work);

void save(const Batch& batch, const std::string& segment, std::size_t task, const TaskReport& report);
[[nodiscard]] TaskReport load_task(const Batch& batch, const std::string& segment, std::size_t task);
/// The task did not come to its own end: what its process left is kept, with how it ended.
void save_death(const Batch& batch, const std::string& segment, std::size_t task, const Death& death);
/// A task that ended, and whose end stands: no further try would do better.
[[nodiscard]] bool is_final(const TaskReport& report);

/// Memory of a task at this try (1, 2).
[[nodiscard]] std::int64_t task_memory_mb(const Batch& batch, const pipeline::Segment& segment, int attempt);

/// log/<segment>.<task>.<attempt>.<extension>
[[nodiscard]] boost::filesystem::path task_log(const Batch& batch, const std::string& segment,
                                               std::size_t task, int attempt, const std::string& extension);

struct BatchEnd {
  int exit_status = 0;
  std::string text;
};
void save_end(const Batch& batch, const BatchEnd& end);
[[nodiscard]] std::optional<BatchEnd> load_end(const Batch& batch);
void set_cancelled(const Batch& batch);
[[nodiscard]] bool is_cancelled(const Batch& batch);

/// The runner of the batch is at work.
void beat(const Batch& batch);
/// Whether it was within the last two minutes; what there is to know of a runner on another host.
[[nodiscard]] bool beats(const Batch& batch);

/// Whether the process still runs; of another host or container (core::process_host) nothing is known. A
/// start of 0 is nobody's.
[[nodiscard]] std::optional<bool> lives(const std::string& host, int pid, std::uint64_t start);

}  // namespace isoscan::app
