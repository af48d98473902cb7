/// @file Entropic optimal transport between two weighted samples, and its map for rows that were never seen.
/// Sinkhorn's iterations in the log domain with epsilon scaling (Peyre and Cuturi, Computational Optimal
/// Transport, 2019, sections 4.2 and 4.4); the map is the barycentric one of Pooladian and Niles-Weed (arXiv
/// 2109.12004).
///
///     minimise  sum_ij P_ij c_ij + epsilon KL(P | a b')  over plans P with row sums a and column sums b
///
///     P_ij = a_i b_j exp((f_i + g_j - c_ij) / epsilon)
///
///     T(x) = sum_j p_j(x) y_j  with p_j(x) in proportion to b_j exp((g_j - c(x, y_j)) / epsilon)
///
/// A baseline that needs no training and no law. T is a weighted mean of target rows: it stays inside their
/// convex hull, and between Gaussians it loses about epsilon / 2 of variance in each direction. The cost is
/// the (weighted) squared distance only: a map that is loaded from a file must know its cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/transport/matrix.hpp"

namespace isoscan::transport {

struct SinkhornOptions {
  /// In units of the mean cost of all pairs in the moved columns. Smaller is nearer to the true map, and
  /// slower.
  double epsilon = 0.02;
  double first_epsilon = 1.0;  ///< annealing begins here, in units of the mean cost with the context's part
  double anneal = 0.5;         ///< factor from stage to stage, in (0, 1)
  /// Of sum |row sums of the plan - a|: the share of mass that is not yet where it belongs.
  double tolerance = 1e-3;
  int max_iterations = 5000;  ///< at the last epsilon
  /// cost = sum_i cost_weights[i] (x_i - y_i)^2 over the moved columns; empty means 1. Positive.
  std::vector<double> cost_weights;
  /// Trailing columns that are read and come back bit for bit.
  std::int64_t context_dims = 0;
  /// Weight of a squared difference in a context column, in units where that column's variance counts as the
  /// mean (weighted) variance of the moved ones. Large: rows are matched with rows of like context. 0:
  /// context is ignored.
  double context_cost = 1.0;

  /// The first thing wrong in words, empty when usable. `dim`: columns of the rows.
  [[nodiscard]] std::string problem(std::int64_t dim) const;
};

/// T of the file comment. A value; FittedMap takes it as a part. Work of a row: target count * dim.
struct EntropicMap {
  std::int64_t dim = 0;
  std::int64_t context_dims = 0;
  double epsilon = 1.0;             ///< in units of the cost
  std::vector<double> column_cost;  ///< dim: cost = sum_k column_cost[k] (x_k - y_k)^2
  Rows target;                      ///< the target's rows of positive weight
  std::vector<double> log_weight;   ///< of each: log b_j + g_j / epsilon

  /// The same bits for every thread count. @throws Error(Input) where the columns do not fit.
  [[nodiscard]] Rows apply(const Rows& rows, int threads = 1) const;
  bool operator==(const EntropicMap&) const = default;
};

struct SinkhornSummary {
  std::string ended;       ///< why, in words
  bool converged = false;  ///< false: the map is the last one, usable but not at its tolerance
  int iterations = 0;      ///< over all stages; one updates both sides
  double marginal_error = 0.0;
  double epsilon = 0.0;    ///< in units of the cost
  double mean_cost = 0.0;  ///< of all pairs in the moved columns, sum_ij a_i b_j c_ij
  double plan_cost = 0.0;  ///< sum_ij P_ij c_ij of the plan found: above the optimal cost
  double dual = 0.0;       ///< sum a f + sum b g: the regularised optimum when converged
  double seconds = 0.0;
};

struct SinkhornFit {
  EntropicMap map;  ///< source -> target
  SinkhornSummary summary;
};

/// Memory grows with count * dim: costs are computed anew where they are needed. An iteration costs 2 n m
/// distances and exponentials (3 to 5 ns together with AVX-512, 12 without). Rows of weight zero are left
/// out. The same bits for every thread count.
/// @param context threads, stop token, progress. @throws Error(Input) on unusable rows or weights, or where
/// all rows of both samples are equal; Error(Config) naming the option; Error(Cancelled).
[[nodiscard]] SinkhornFit fit_sinkhorn(const Rows& source, const Rows& target,
                                       const SinkhornOptions& options = {},
                                       const std::vector<float>& source_weights = {},
                                       const std::vector<float>& target_weights = {},
                                       const core::Context& context = {});

}  // namespace isoscan::transport
