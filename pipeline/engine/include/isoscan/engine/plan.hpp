/// @file What would run, what is done, and why, in words. Nothing is run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/engine/stage.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/engine/unit.hpp"

namespace isoscan::pipeline {

enum class Verdict : std::uint8_t {
  Done,        ///< the result is in the store
  Run,         ///< it would run
  Waits,       ///< an input would be made anew first; whether this runs depends on the bytes
  Failed,      ///< failed before on the same inputs and options; a run tries it again
  WouldFail,   ///< cannot run: a source cannot be read, or units that it must have failed
  NotReached,  ///< something that it needs failed; it stays out unless that comes through
};

struct PlannedStep {
  std::string stage;
  std::string unit;  ///< scan id, site, or kCohortUnit
  Verdict verdict = Verdict::Run;
  std::string why;  ///< "never ran", "options changed: bound 0.35 -> 0.3", "not a brain", ...
  std::string key;  ///< empty where it depends on what is not made yet
};

struct Plan {
  std::vector<PlannedStep> steps;  ///< by stage, then by unit
  [[nodiscard]] std::size_t count(Verdict verdict) const;
};

/// @param seed  as core::Context has it for the run
/// @param check_outputs  hash stored results again before believing them
/// Steps over many units are planned as if what failed before failed again: they are `Done` where the last
/// run left the failed units out.
/// @throws Error(Config) where chain or cohort have a problem. A source that cannot be read makes its step
/// `WouldFail`, with the reason.
[[nodiscard]] Plan plan(const Chain& chain, const Cohort& cohort, Store& store, std::uint64_t seed,
                        bool check_outputs = false);

/// For people: one line for each stage, verdict and reason, with the units it holds for; then the sum, and
/// the units that failed.
[[nodiscard]] std::string explain(const Plan& plan);

}  // namespace isoscan::pipeline
