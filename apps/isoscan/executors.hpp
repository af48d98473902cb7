/// @file Who does the tasks of a batch: processes of this machine, or Slurm.
#pragma once

#include <stop_token>

#include "batch_file.hpp"
#include "job.hpp"

namespace isoscan::app {

/// Segment by segment, as many tasks at once as the job's processes and memory allow; a task that was killed
/// or ran out of memory gets a second try with more of it. Then collects. Returns the exit status of the
/// whole.
/// @throws Error(Cancelled) where it was stopped.
int run_local(Batch& batch, const Job& job, std::stop_token stop);

/// Hands all tasks to Slurm at once: an array a segment, which waits for the one before (afterany), each with
/// a second array behind it that tries again, with more memory, what did not come to its end, and the job
/// that collects. @throws Error(Config|Io) with the words of sbatch; then nothing stays in the queue.
void submit_to_slurm(Batch& batch, const Job& job);

}  // namespace isoscan::app
