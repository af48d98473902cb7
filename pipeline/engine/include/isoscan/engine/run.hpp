/// @file The local runner: does what is missing, on the cores it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/engine/run_log.hpp"
#include "isoscan/engine/stage.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/engine/unit.hpp"

namespace isoscan::pipeline {

struct RunOptions {
  std::string name = "run";  ///< of the chain, in log and manifest
  std::int64_t memory_mb =
      0;  ///< what steps at work may need together; 0: no limit. One that needs more runs alone.
  int gpus = 0;
  bool check_outputs = false;  ///< hash stored results again before they are reused
  RunLog* log = nullptr;
  /// Why this step must not run here, where it is not in the store: it is the business of another task. Its
  /// last failure on the same inputs stands for it, else these words do. Nothing, or no function: it may run.
  std::function<std::optional<std::string>(const std::string& stage, const std::string& unit)> withhold{};
};

enum class StepState : std::uint8_t {
  Done,        ///< was in the store
  Ran,         ///< ran and is in the store now
  Failed,      ///< its own error
  NotReached,  ///< something that it needs failed
  Stopped,     ///< not done because of a stop request
};

/// One unit that failed is a value, and the run goes on.
struct Failure {
  core::ErrorKind kind = core::ErrorKind::Internal;
  std::string message;         ///< for people at this machine: names files
  std::string public_message;  ///< the same with paths replaced by the names of ports, for files that travel
};

struct StepResult {
  std::string stage;
  std::string unit;
  StepState state = StepState::Stopped;
  std::string why;                              ///< why it ran ("never ran"), or why it was not reached
  std::string key;                              ///< of Done and Ran
  std::map<std::string, OutputRecord> outputs;  ///< of Done and Ran
  std::optional<Failure> failure;               ///< of Failed
  std::vector<std::string> left_out;            ///< units that failed before this step over many units
  double seconds = 0.0;
};

struct RunResult {
  std::string name;
  std::uint64_t seed = 0;
  std::vector<std::string> stages;                                     ///< names, in the order of the chain
  std::vector<StepResult> steps;                                       ///< by stage, then by unit
  std::map<std::pair<std::string, std::string>, std::size_t> step_of;  ///< place in `steps` by stage and unit
  /// Digests of what was read, by unit and port ("source/scan"); what the run shares stands under "".
  std::map<std::string, std::map<std::string, std::string>> sources;
  bool stopped = false;

  [[nodiscard]] std::size_t count(StepState state) const;
  /// The step, or null where the chain has none of this name.
  [[nodiscard]] const StepResult* find(const std::string& stage, const std::string& unit) const;
  /// The failed step that keeps this scan from its end, or null: its own, or one of its site or the cohort
  /// where a step of the scan was not reached.
  [[nodiscard]] const StepResult* failure_of(const Unit& unit) const;
  /// 0 all done; 130 stopped; 8 some units failed and the last stage was reached by others; else by the first
  /// failure.
  [[nodiscard]] int exit_status() const;
};

/// Runs every step whose result is not in the store. Independent units run at the same time, as far as
/// `context.threads` cores and the memory limit go. `context.progress` gets the whole with the step at work;
/// `context.stop` ends it soon, with nothing half-written: the next run goes on.
/// @throws Error(Config) where chain or cohort have a problem; Error(Io|Resource) where the run log cannot be
/// written.
///         Failing steps do not throw.
[[nodiscard]] RunResult run(const Chain& chain, const Cohort& cohort, Store& store, const RunOptions& options,
                            const core::Context& context);

}  // namespace isoscan::pipeline
