#include "run_events.hpp"

#include <unistd.h>

#include "isoscan/engine/manifest.hpp"

#include "system.hpp"

namespace isoscan::pipeline {

using config::Json;

void RunEvents::write(const std::string& event, Json::Object members) {
  if (log_ == nullptr) return;
  try {
    members["run"] = name_;
    log_->write(event, std::move(members));
  } catch (const core::Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
    failed_ = true;
  }
}

void RunEvents::start(const Chain& chain, std::uint64_t seed, int cores, std::int64_t memory_mb,
                      std::size_t steps) {
  Json stages;
  for (const auto& stage : chain) {
    const StageSpec& spec = stage->spec();
    stages.push_back(
        Json::Object{{"name", spec.name}, {"version", spec.version}, {"libraries", spec.libraries}});
  }
  write("run-start", {{"isoscan", program_version()},
                      {"host", host_name()},
                      {"pid", ::getpid()},
                      {"cores", cores},
                      {"memory_mb", memory_mb},
                      {"seed", seed},
                      {"steps", steps},
                      {"stages", stages}});
}

void RunEvents::end(const RunResult& result, double seconds) {
  write("run-end", {{"seconds", seconds},
                    {"done", result.count(StepState::Done)},
                    {"ran", result.count(StepState::Ran)},
                    {"failed", result.count(StepState::Failed)},
                    {"not_reached", result.count(StepState::NotReached)},
                    {"stopped", result.count(StepState::Stopped)},
                    {"exit_status", result.exit_status()}});
  if (error_) throw core::Error(*error_);
}

}  // namespace isoscan::pipeline
