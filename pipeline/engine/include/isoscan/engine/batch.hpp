/// @file A run cut into tasks that separate processes do, on one machine or on many: which scans each task
/// takes, what it needs, and what it waits for. Tasks share the store and nothing else.
///
/// Neighbouring stages of one scope make a *segment*: all tasks of a segment may run at once, and the next
/// segment waits for all of them. So a fit (Scope::Site) comes after the scans that it learns from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/engine/plan.hpp"
#include "isoscan/engine/run.hpp"
#include "isoscan/engine/stage.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/engine/unit.hpp"

namespace isoscan::pipeline {

struct BatchOptions {
  double task_seconds = 1200.0;  ///< scans are packed into tasks that take about so long
  std::size_t max_tasks = 1000;  ///< a segment; then tasks take longer
  std::size_t workers = 1;  ///< so many tasks run at once: each gets several to do, where there are enough
  std::int64_t task_memory_mb = 0;  ///< 0: what was measured, with a quarter more
  int task_cores = 1;               ///< of stages that take all they get (Resources::threads 0)
  /// The first thing wrong, in words.
  [[nodiscard]] std::string problem() const;
};

struct Segment {
  std::string name;                             ///< "2-fit-site": number and last stage
  std::string chain;                            ///< which chain its stages are of
  std::vector<std::string> stages;              ///< neighbours of one scope, in order
  std::vector<std::vector<std::string>> tasks;  ///< each the units that it does
  std::int64_t memory_mb = 0;                   ///< of one task
  std::int64_t guessed_memory_mb = 0;           ///< by the stages themselves; 0 where the options say it
  double seconds = 0.0;                         ///< that the longest task takes, by the median
  double limit_seconds = 0.0;                   ///< after which it is surely stuck
  int cores = 1;
  std::size_t measured = 0;  ///< records that memory and time come from; 0: guesses of the stages
};

/// The segments of what the plan says is not done; those with nothing to do are left out.
/// @param chain_name  for Segment::chain
/// @param first       number of the first segment, for its name
/// @throws Error(Config) where the options have a problem.
[[nodiscard]] std::vector<Segment> segments_of(const Chain& chain, const Plan& plan, const Store& store,
                                               const std::string& chain_name, std::size_t first,
                                               const BatchOptions& options);

/// Does one task: the segment's stages for these units, and nothing else. What it needs of earlier segments
/// must be in the store; what is not there counts as failed: as it failed, or as lost.
/// @param log  of this task, or null
/// @throws as run.
[[nodiscard]] RunResult run_task(const Chain& chain, const Cohort& cohort, Store& store,
                                 const Segment& segment, const std::vector<std::string>& units,
                                 RunOptions options, const core::Context& context);

/// The words for a step that no task finished.
inline constexpr const char* kLostStep =
    "no task finished it: it was killed (memory, time limit, or its node), or never started; run again";

}  // namespace isoscan::pipeline
