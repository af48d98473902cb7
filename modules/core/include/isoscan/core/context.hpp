/// @file All that a long computation may ask of its caller: a stop request, progress, a seed, a thread count.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace isoscan::core {

/// Receives progress. Implementations must accept calls from several threads.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  /// fraction of the whole in 0..1; `label` names the step at work.
  virtual void report(double fraction, const std::string& label) = 0;
};

/// A share of a whole. Values: copy them freely. The default one goes nowhere.
class Progress {
 public:
  Progress() = default;
  explicit Progress(std::shared_ptr<ProgressSink> sink) : sink_(std::move(sink)) {}

  /// fraction in 0..1 of this share.
  void report(double fraction) const;
  /// The part from `from` to `to` of this share, under its own label.
  [[nodiscard]] Progress slice(double from, double to, const std::string& label) const;

 private:
  std::shared_ptr<ProgressSink> sink_;
  double from_ = 0.0;
  double to_ = 1.0;
  std::string label_;
};

struct Context {
  std::stop_token stop;
  Progress progress;
  std::uint64_t seed = 0;
  int threads = 1;

  /// Once per patch, slice or optimiser step. @throws Error(Cancelled) after a stop request.
  void check_stop() const;
  /// The same context with a share of the progress.
  [[nodiscard]] Context slice(double from, double to, const std::string& label) const;
};

}  // namespace isoscan::core
