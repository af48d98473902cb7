#include <algorithm>

#include "isoscan/engine/run.hpp"

namespace isoscan::pipeline {

std::size_t RunResult::count(StepState state) const {
  return static_cast<std::size_t>(
      std::count_if(steps.begin(), steps.end(), [&](const StepResult& step) { return step.state == state; }));
}

const StepResult* RunResult::find(const std::string& stage, const std::string& unit) const {
  const auto found = step_of.find({stage, unit});
  return found == step_of.end() ? nullptr : &steps[found->second];
}

const StepResult* RunResult::failure_of(const Unit& unit) const {
  const auto with_state = [&](const std::string& who, StepState state) -> const StepResult* {
    for (const std::string& stage : stages) {
      const StepResult* step = find(stage, who);
      if (step != nullptr && step->state == state) return step;
    }
    return nullptr;
  };
  if (const StepResult* own = with_state(unit.id, StepState::Failed)) return own;
  if (with_state(unit.id, StepState::NotReached) == nullptr) return nullptr;
  if (const StepResult* site = with_state(unit.site, StepState::Failed)) return site;
  return with_state(kCohortUnit, StepState::Failed);
}

int RunResult::exit_status() const {
  if (stopped) return core::exit_status(core::ErrorKind::Cancelled);
  const auto first = std::find_if(steps.begin(), steps.end(),
                                  [](const StepResult& step) { return step.state == StepState::Failed; });
  if (first == steps.end()) return 0;
  // Did anything come through to the end of the chain?
  const std::string& last_stage = steps.back().stage;
  const bool some = std::any_of(steps.begin(), steps.end(), [&](const StepResult& step) {
    return step.stage == last_stage && (step.state == StepState::Done || step.state == StepState::Ran);
  });
  constexpr int kSomeFailed = 8;
  return some ? kSomeFailed : core::exit_status(first->failure->kind);
}

}  // namespace isoscan::pipeline
