/// @file A batch on disk: what `isoscan run` planned, and what became of each task. All of it lies in the
/// work folder, <work>/batch/<name>/, which is private to the site:
///
///     plan.json                      segments, tasks, jobs; who started it
///     tasks/<segment>.<n>.json       one task: running, or ended with which exit status
///     log/<segment>.<n>.<try>.txt    what the task said; .jsonl: its run log
///     cancelled, end.json            `isoscan cancel` came by; how the whole ended
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
  /// slurm: job ids by segment, first and second try; of kCollect the one job.
  std::map<std::string, std::vector<std::string>> jobs;
  std::string host;  ///< local: where the runner is
  int pid = 0;
  std::uint64_t start = 0;
};

enum class TaskState : std::uint8_t { Waiting, Running, Ended, Lost };

struct FailedStep {
  std::string stage;
  std::string unit;
  std::string message;
};

struct TaskReport {
  TaskState state = TaskState::Waiting;
  int attempt = 0;
  int exit_status = 0;             ///< of Ended
  bool out_of_resources = false;   ///< of Ended: memory or disk ran out; a further try may do it
  std::vector<FailedStep> failed;  ///< of Ended
  std::string host;
  int pid = 0;
  std::uint64_t start = 0;
};

/// A new folder <work>/batch/<time>, with an empty plan. @throws Error(Io).
[[nodiscard]] boost::filesystem::path new_batch_folder(const boost::filesystem::path& work);
void save(const Batch& batch);
/// @throws Error(Io|Config) where it cannot be read.
[[nodiscard]] Batch load_batch(const boost::filesystem::path& folder);
/// The newest batch of a work folder, or nothing.
[[nodiscard]] std::optional<boost::filesystem::path> last_batch(const boost::filesystem::path& work);

void save(const Batch& batch, const std::string& segment, std::size_t task, const TaskReport& report);
[[nodiscard]] TaskReport load_task(const Batch& batch, const std::string& segment, std::size_t task);
/// A task that ended, and whose end stands: no further try would do better.
[[nodiscard]] bool is_final(const TaskReport& report);

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

/// Whether the process still runs; of another host nothing is known.
[[nodiscard]] std::optional<bool> lives(const std::string& host, int pid, std::uint64_t start);

}  // namespace isoscan::app
