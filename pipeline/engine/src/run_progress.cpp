#include "run_progress.hpp"

#include <algorithm>
#include <utility>

namespace isoscan::pipeline {

class RunProgress::StepSink final : public core::ProgressSink {
 public:
  StepSink(std::shared_ptr<RunProgress> run, std::size_t step) : run_(std::move(run)), step_(step) {}
  void report(double fraction, const std::string& label) override { run_->update(step_, fraction, label); }

 private:
  std::shared_ptr<RunProgress> run_;
  std::size_t step_;
};

RunProgress::RunProgress(core::Progress whole, std::vector<std::size_t> steps, std::vector<double> seconds)
    : whole_(std::move(whole)) {
  for (std::size_t stage = 0; stage < steps.size(); ++stage) {
    stages_.push_back({steps[stage], 0, std::max(seconds[stage], 1e-3), 0.0});
    total_ += steps[stage];
  }
}

core::Progress RunProgress::started(std::size_t step, std::size_t stage, const std::string& label) {
  const std::lock_guard lock(mutex_);
  active_[step] = {stage, 0.0, label};
  send(label);
  return core::Progress(std::make_shared<StepSink>(shared_from_this(), step));
}

void RunProgress::ended(std::size_t step, std::size_t stage, double seconds, bool good) {
  const std::lock_guard lock(mutex_);
  const std::string label = active_[step].label;
  active_.erase(step);
  Stage& of = stages_[stage];
  --of.open;
  ++settled_;
  of.spent_s += seconds;
  if (good) {
    ++of.measured;
    // The mean over this run; what was expected before it counts until there is a measurement.
    of.expected_s += (seconds - of.expected_s) / static_cast<double>(of.measured);
    of.expected_s = std::max(of.expected_s, 1e-3);
  }
  send(label);
}

void RunProgress::skipped(std::size_t stage) {
  const std::lock_guard lock(mutex_);
  --stages_[stage].open;
  ++settled_;
}

void RunProgress::finish() {
  whole_.report(1.0);
}

void RunProgress::update(std::size_t step, double fraction, const std::string& detail) {
  const std::lock_guard lock(mutex_);
  const auto found = active_.find(step);
  if (found == active_.end()) return;
  found->second.fraction = std::clamp(fraction, 0.0, 1.0);
  send(found->second.label + (detail.empty() ? "" : ": " + detail));
}

void RunProgress::send(const std::string& label) {
  double spent = 0.0;
  double left = 0.0;
  for (const Stage& stage : stages_) {
    spent += stage.spent_s;
    left += static_cast<double>(stage.open) * stage.expected_s;
  }
  for (const auto& [step, active] : active_) {
    const double part = active.fraction * stages_[active.stage].expected_s;
    spent += part;
    left -= part;
  }
  const double fraction = spent + left > 0.0 ? spent / (spent + left) : 0.0;
  best_ = std::max(best_, std::min(fraction, 1.0));
  const std::string count =
      " (" + std::to_string(std::min(settled_ + 1, total_)) + " of " + std::to_string(total_) + ")";
  whole_.slice(0.0, 1.0, label + count).report(best_);
}

}  // namespace isoscan::pipeline
