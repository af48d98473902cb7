/// @file What Slurm is asked beside submitting: its commands are all that is known of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isoscan/engine/process.hpp"

#include "batch_file.hpp"

namespace isoscan::app {

/// Runs one of Slurm's commands. @throws Error(Config) where there is no such program.
[[nodiscard]] pipeline::Spoken slurm(const std::vector<std::string>& words);

/// Largest array that this cluster takes. @throws Error(Config) where there is no Slurm.
[[nodiscard]] std::size_t largest_array();

using QueuedTask = std::pair<std::string, std::string>;  ///< job id, index in the array ("" of a single job)
/// State (PD, R, CG, ...) of all tasks that are in Slurm's queue; nothing where Slurm does not answer.
[[nodiscard]] std::optional<std::map<QueuedTask, std::string>> slurm_queue();

/// How tasks of these jobs ended that came to a bad end, in words ("ran into its time limit"), as far as
/// Slurm still knows: its accounting, or its queue for some minutes. Nothing where it does not answer.
[[nodiscard]] std::map<QueuedTask, std::string> slurm_endings(const std::vector<std::string>& jobs);

/// From now on no task of the batch starts on this node. False where Slurm took it for no job: what waits may
/// still come here.
bool exclude_node(const Batch& batch, const std::string& node);

/// Takes all jobs of the batch out of the queue. @throws Error(Io) with the words of scancel.
void cancel_in_slurm(const Batch& batch);

}  // namespace isoscan::app
