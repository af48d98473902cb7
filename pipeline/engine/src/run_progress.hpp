/// @file The progress of a whole run from that of its steps, by time.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"

namespace isoscan::pipeline {

/// Fraction = seconds spent / (seconds spent + seconds to come), where a step counts as long as steps of its
/// stage took, so that the time left that follows from it is honest. Steps found in the store count nothing.
/// Never goes back.
class RunProgress : public std::enable_shared_from_this<RunProgress> {
 public:
  /// @param steps  how many steps each stage has
  /// @param seconds  expected for one step of each stage, until one is measured
  RunProgress(core::Progress whole, std::vector<std::size_t> steps, std::vector<double> seconds);

  /// A step starts: its own progress, which reports here.
  [[nodiscard]] core::Progress started(std::size_t step, std::size_t stage, const std::string& label);
  /// A step that had started has ended. `good`: its seconds tell how long others will take.
  void ended(std::size_t step, std::size_t stage, double seconds, bool good);
  /// A step is settled without running.
  void skipped(std::size_t stage);
  /// All is done.
  void finish();

 private:
  class StepSink;
  struct Stage {
    std::size_t open = 0;  ///< steps not settled
    std::size_t measured = 0;
    double expected_s = 1.0;
    double spent_s = 0.0;
  };
  struct Active {
    std::size_t stage;
    double fraction;
    std::string label;
  };

  void update(std::size_t step, double fraction, const std::string& detail);
  void send(const std::string& label);

  core::Progress whole_;
  std::mutex mutex_;
  std::vector<Stage> stages_;
  std::map<std::size_t, Active> active_;
  std::size_t total_ = 0;
  std::size_t settled_ = 0;
  double best_ = 0.0;
};

}  // namespace isoscan::pipeline
