/// @file Judges maps of one fit by rows that it was not fitted on, and decides about the exact conjugate.
#pragma once

#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/transport/solver.hpp"

namespace isoscan::transport {

class Judge {
 public:
  /// Holds rows out where the options ask for a comparison; else the samplers stay as they are.
  Judge(const Sampler& source, const Sampler& target, const SolverOptions& options, int threads);

  /// What to fit on.
  [[nodiscard]] const Sampler& source() const { return source_; }
  [[nodiscard]] const Sampler& target() const { return target_; }

  /// True where the map throws rows far beyond the side that it should reach. Losses may stay finite and
  /// small while that happens. `inverse`: the map goes from the target to the source.
  [[nodiscard]] bool runs_away(const FittedMap& map, const FittedMap& start, bool inverse) const;
  /// Fills the figures of `refinement` by comparing both maps on all pairs of held-out batches.
  void compare(const FittedMap& before, const FittedMap& after, Refinement& refinement) const;

 private:
  Sampler source_;
  Sampler target_;
  std::vector<Rows> source_batches_;
  std::vector<Rows> target_batches_;
  std::int64_t moved_;
  int threads_;
};

/// As `exact_conjugate` says: puts exact conjugates in place of maps that came from a network, and writes
/// down what was decided.
void refine(Fit& fit, const Judge& judge, const SolverOptions& options, const core::Context& context);

}  // namespace isoscan::transport
