/// @file How tasks of a batch ended that did not come to their own end, in words for people.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "batch_file.hpp"
#include "slurm_queue.hpp"

namespace isoscan::app {

/// "was killed by signal 9 (probably for memory)".
[[nodiscard]] std::string how_it_ended(const Death& death);

/// Of a task, try by try: "was killed by signal 9 (probably for memory) with 2000 MB, and again with 4000
/// MB"; empty where the report tells of no death.
[[nodiscard]] std::string death_words(const TaskReport& report);

/// How one try ended: "ran into its time limit"; empty where Slurm does not know (any more). Slurm is asked
/// of that try alone: a thousand second tries that begin at once do not ask for the whole batch each.
[[nodiscard]] std::string ending_of_try(const Batch& batch, const std::string& segment, std::size_t task,
                                        int attempt);

/// Of tries that nobody waited for, as under Slurm, Slurm itself is asked, once a batch and at the first of
/// them.
class Deaths {
 public:
  explicit Deaths(const Batch& batch) : batch_(batch) {}
  /// death_words of a task that did not come to its own end, or that was stopped.
  [[nodiscard]] std::string words(const pipeline::Segment& segment, std::size_t task, TaskReport report);

 private:
  [[nodiscard]] std::string ending(const std::string& segment, std::size_t task, int attempt);

  const Batch& batch_;
  std::optional<std::map<QueuedTask, std::string>> endings_;
};

}  // namespace isoscan::app
