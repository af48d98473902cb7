/// @file `isoscan transport fit --checkpoint`: a long fit goes on where it was stopped.
#pragma once

#include <optional>
#include <string>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/transport/fit_map.hpp"

namespace isoscan::app {

/// The file holds what SolverRun::save gives, the steps of the whole fit and the digest of its rows. It is
/// replaced whole each time, and taken away when the fit has ended. Must not move while a fit uses its run().
class FitCheckpoint {
 public:
  /// An empty name: none is kept, and all below does nothing.
  /// @throws Error(Config) where the file there belongs to other rows, Error(Input) where it is no checkpoint
  /// or damaged: such a file is never replaced.
  FitCheckpoint(std::string file, const transport::Sample& source, const transport::Sample& target);
  FitCheckpoint(const FitCheckpoint&) = delete;
  FitCheckpoint& operator=(const FitCheckpoint&) = delete;

  [[nodiscard]] bool found() const { return found_.has_value(); }
  [[nodiscard]] int steps_done() const { return done_; }    ///< of the newest checkpoint, 0 without one
  [[nodiscard]] int steps_total() const { return total_; }  ///< of the fit that it belongs to

  /// Puts the wish to save, and the checkpoint to go on from, into `run`.
  void attach(transport::FitRun& run, std::optional<int> save_every);
  /// The fit is over: there is nothing to go on with.
  void remove() const;

 private:
  void save(core::TensorFile content);

  std::string file_;
  std::string rows_;
  std::optional<core::TensorFile> found_;
  int done_ = 0;
  int total_ = 0;
};

}  // namespace isoscan::app
