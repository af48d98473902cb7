/// @file Exact optimal transport between two samples of one size: who goes to whom at the least total cost.
/// For evaluation: it gives no map for other rows, but the truth for the rows it has. An auction with epsilon
/// scaling (Bertsekas, Annals of Operations Research 14, 1988) finds prices that are nearly optimal, then the
/// shortest augmenting paths of Jonker and Volgenant (Computing 38, 1987) make the result exact: on samples
/// of the plane ten times faster than with their own reductions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/transport/matrix.hpp"

namespace isoscan::transport {

struct AssignmentOptions {
  /// cost = sum_i cost_weights[i] (x_i - y_i)^2; empty means 1. Positive.
  std::vector<double> cost_weights;
  /// Most rows: the table of costs takes 8 n^2 bytes (512 MiB at 8192), the time grows between n^2 and n^3.
  std::int64_t limit = 8192;

  /// The first thing wrong in words, empty when usable. `dim`: columns of the rows.
  [[nodiscard]] std::string problem(std::int64_t dim) const;
};

struct Assignment {
  std::vector<std::int64_t> target_of;  ///< for each source row its target row: a permutation
  double mean_cost =
      0.0;  ///< over the pairs; for the plain cost the squared Wasserstein-2 distance of the samples
};

/// @param context threads (for the costs), stop token, progress. The same bits for every thread count.
/// @throws Error(Input) on unusable rows, unequal counts; Error(Config) naming the option; Error(Resource)
/// above the limit; Error(Cancelled).
[[nodiscard]] Assignment assign(const Rows& source, const Rows& target, const AssignmentOptions& options = {},
                                const core::Context& context = {});

/// The same for any table of costs, `costs[i * count + j]`, finite. The permutation: column of each row.
/// @throws Error(Input) where the table is not count x count or not finite.
[[nodiscard]] std::vector<std::int64_t> assign_costs(const std::vector<double>& costs, std::int64_t count,
                                                     const core::Context& context = {});

/// Root of the mean exact squared Wasserstein-2 distance of `batches` pairs of batches, drawn without
/// replacement within a batch. Two batches of one law are never at distance zero: compare it with the same
/// number between two halves of the target, or before and after. @param batch rows of a batch; at most the
/// smaller sample's are used.
/// @throws as assign; Error(Config) on fewer than one batch or row.
[[nodiscard]] double minibatch_wasserstein2(const Rows& a, const Rows& b, std::int64_t batch = 1024,
                                            int batches = 1, const core::Context& context = {});

}  // namespace isoscan::transport
