/// @file What a run says in its log.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/engine/run.hpp"

namespace isoscan::pipeline {

/// A log that cannot be written ends the run: nobody could say later what happened.
class RunEvents {
 public:
  /// @param log   or null: nothing is written
  /// @param name  of the run, in each line
  RunEvents(RunLog* log, std::string name) : log_(log), name_(std::move(name)) {}

  void write(const std::string& event, config::Json::Object members);
  void start(const Chain& chain, std::uint64_t seed, int cores, std::int64_t memory_mb, std::size_t steps);
  /// @throws the first error that a line met.
  void end(const RunResult& result, double seconds);
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  RunLog* log_;
  std::string name_;
  std::mutex mutex_;
  std::optional<core::Error> error_;
  std::atomic<bool> failed_ = false;
};

}  // namespace isoscan::pipeline
