/// @file Ctrl-C as a stop request.
#pragma once

#include <stop_token>
#include <thread>

namespace isoscan::pipeline {

/// While it lives, the first SIGINT or SIGTERM asks for a stop; a second one ends the process at once with
/// 130.
class StopOnSignals {
 public:
  StopOnSignals();
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread waiter_;
};

}  // namespace isoscan::pipeline
