#include "isoscan/transport/assignment.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace {

// Of the auction, in units of the mean reduced cost.
constexpr double kFirstEpsilon = 0.1;
constexpr double kEpsilonFactor = 0.2;
constexpr double kLastEpsilon = 1e-4;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Jonker and Volgenant's names: x[row] = column, y[column] = row, v = dual of the columns. At any time the
/// pairs have the smallest reduced cost c - v of their row, so what is left is to find shortest paths for the
/// free rows.
class Solver {
 public:
  Solver(const std::vector<double>& costs, std::int64_t count)
      : costs_(costs), n_(static_cast<std::size_t>(count)), x_(n_, kFree), y_(n_, kFree), v_(n_, 0.0) {}

  std::vector<std::int64_t> solve(const core::Context& context) {
    reduce_columns();
    auction(context);
    pair_best();
    for (std::size_t k = 0; k < free_.size(); ++k) {
      context.check_stop();
      augment(free_[k]);
      context.progress.report(static_cast<double>(k + 1) / static_cast<double>(free_.size()));
    }
    return {x_.begin(), x_.end()};
  }

 private:
  static constexpr std::size_t kFree = std::numeric_limits<std::size_t>::max();

  [[nodiscard]] const double* row(std::size_t i) const { return costs_.data() + i * n_; }

  /// The least reduced cost of a row, its column, and the second least.
  struct Best {
    double least = kInfinity;
    double second = kInfinity;
    std::size_t column = 0;
  };
  [[nodiscard]] Best best_of(std::size_t i) const {
    const double* c = row(i);
    Best best;
    for (std::size_t j = 0; j < n_; ++j) {
      const double reduced = c[j] - v_[j];
      if (reduced >= best.second) continue;
      if (reduced < best.least) {
        best.second = best.least;
        best.least = reduced;
        best.column = j;
      } else {
        best.second = reduced;
      }
    }
    return best;
  }

  void reduce_columns() {
    std::fill(v_.begin(), v_.end(), kInfinity);
    for (std::size_t i = 0; i < n_; ++i) {
      const double* c = row(i);
      for (std::size_t j = 0; j < n_; ++j) v_[j] = std::min(v_[j], c[j]);
    }
  }

  /// Prices that are nearly optimal: each free row outbids the one that holds its best column, by at least
  /// epsilon.
  void auction(const core::Context& context) {
    double mean = 0.0;  // of the reduced costs, which are not negative
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j < n_; ++j) mean += row(i)[j] - v_[j];
    }
    mean /= static_cast<double>(costs_.size());
    if (!(mean > 0.0)) return;  // every permutation is as good
    // A price war over a few costs of another size could go on for long; any prices will do for the paths.
    std::size_t bids_left = 400 * n_;
    for (double epsilon = kFirstEpsilon * mean; bids_left > 0; epsilon *= kEpsilonFactor) {
      context.check_stop();
      std::fill(y_.begin(), y_.end(), kFree);
      std::vector<std::size_t> waiting(n_);
      std::iota(waiting.rbegin(), waiting.rend(), std::size_t{0});
      while (!waiting.empty() && bids_left-- > 0) {
        const std::size_t i = waiting.back();
        waiting.pop_back();
        const Best best = best_of(i);
        v_[best.column] -= epsilon + (best.second < kInfinity ? best.second - best.least : 0.0);
        if (y_[best.column] != kFree) waiting.push_back(y_[best.column]);
        y_[best.column] = i;
      }
      if (!waiting.empty() || epsilon <= kLastEpsilon * mean) return;
    }
  }

  /// Pairs that are exactly the best of their row; the other rows are free.
  void pair_best() {
    std::fill(y_.begin(), y_.end(), kFree);
    for (std::size_t i = 0; i < n_; ++i) {
      const std::size_t column = best_of(i).column;
      if (y_[column] == kFree) {
        y_[column] = i;
        x_[i] = column;
      } else {
        free_.push_back(i);
      }
    }
  }

  /// Dijkstra over the reduced costs from a free row to the nearest free column.
  void augment(std::size_t from) {
    distance_.resize(n_);
    before_.assign(n_, from);
    columns_.resize(n_);
    std::iota(columns_.begin(), columns_.end(), std::size_t{0});
    const double* c = row(from);
    for (std::size_t j = 0; j < n_; ++j) distance_[j] = c[j] - v_[j];
    std::size_t done = 0;  // columns_[0, done) have their final distance, [done, reached) lie at `least`
    std::size_t reached = 0;
    std::size_t settled = 0;  // columns that were done before `least` was raised to what it is
    double least = 0.0;
    std::size_t end = kFree;
    while (end == kFree) {
      if (done == reached) {
        settled = done;
        least = kInfinity;
        for (std::size_t k = done; k < n_; ++k) {
          const std::size_t j = columns_[k];
          if (distance_[j] > least) continue;
          if (distance_[j] < least) {
            reached = done;
            least = distance_[j];
          }
          std::swap(columns_[k], columns_[reached++]);
        }
        for (std::size_t k = done; k < reached && end == kFree; ++k) {
          if (y_[columns_[k]] == kFree) end = columns_[k];
        }
        if (end != kFree) break;
      }
      const std::size_t from_column = columns_[done++];
      const std::size_t i = y_[from_column];
      const double* costs = row(i);
      const double shift = costs[from_column] - v_[from_column] - least;
      for (std::size_t k = reached; k < n_; ++k) {
        const std::size_t j = columns_[k];
        const double way = costs[j] - v_[j] - shift;
        if (way >= distance_[j]) continue;
        distance_[j] = way;
        before_[j] = i;
        if (way > least) continue;
        if (y_[j] == kFree) {
          end = j;
          break;
        }
        std::swap(columns_[k], columns_[reached++]);
      }
    }
    for (std::size_t k = 0; k < settled; ++k) v_[columns_[k]] += distance_[columns_[k]] - least;
    for (std::size_t i = kFree; i != from;) {
      i = before_[end];
      y_[end] = i;
      std::swap(end, x_[i]);
    }
  }

  const std::vector<double>& costs_;
  std::size_t n_;
  std::vector<std::size_t> x_;
  std::vector<std::size_t> y_;
  std::vector<double> v_;
  std::vector<std::size_t> free_;
  std::vector<double> distance_;
  std::vector<std::size_t> before_;
  std::vector<std::size_t> columns_;
};

/// `count` different rows, in random order.
Rows drawn(const Rows& rows, std::int64_t count, core::Random& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows.count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Rows batch(count, rows.dim);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto k = static_cast<std::size_t>(i);
    std::swap(order[k], order[k + static_cast<std::size_t>(random.below(order.size() - k))]);
    std::copy_n(rows.row(order[k]), rows.dim, batch.row(i));
  }
  return batch;
}

}  // namespace

std::string AssignmentOptions::problem(std::int64_t dim) const {
  if (!cost_weights.empty() && static_cast<std::int64_t>(cost_weights.size()) != dim)
    return "cost_weights has " + std::to_string(cost_weights.size()) + " entries for " + std::to_string(dim) +
           " columns";
  for (const double w : cost_weights) {
    if (!(w > 0.0) || !std::isfinite(w)) return "cost_weights must be positive";
  }
  if (limit < 1) return "limit must be at least 1";
  return {};
}

std::vector<std::int64_t> assign_costs(const std::vector<double>& costs, std::int64_t count,
                                       const core::Context& context) {
  if (count < 1 || static_cast<std::size_t>(count) * static_cast<std::size_t>(count) != costs.size())
    throw Error(ErrorKind::Input, "assignment: the table of costs is not square, or empty");
  for (const double c : costs) {
    if (!std::isfinite(c)) throw Error(ErrorKind::Input, "assignment: a cost is not finite");
  }
  return Solver(costs, count).solve(context);
}

Assignment assign(const Rows& source, const Rows& target, const AssignmentOptions& options,
                  const core::Context& context) {
  require_usable(source, "source");
  require_usable(target, "target");
  require_same_dim(source, target, "source and target");
  if (const auto wrong = options.problem(source.dim); !wrong.empty())
    throw Error(ErrorKind::Config, "assignment: " + wrong);
  if (source.count != target.count)
    throw Error(ErrorKind::Input, "assignment: " + std::to_string(source.count) + " source rows for " +
                                      std::to_string(target.count) +
                                      " target rows; samples of one size are needed");
  if (source.count > options.limit)
    throw Error(ErrorKind::Resource, "assignment: " + std::to_string(source.count) +
                                         " rows are above the limit of " + std::to_string(options.limit) +
                                         "; use batches (minibatch_wasserstein2)");
  const std::int64_t n = source.count;
  std::vector<double> costs(static_cast<std::size_t>(n * n));
  core::parallel_for(n, context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float* x = source.row(i);
      for (std::int64_t j = 0; j < n; ++j) {
        const float* y = target.row(j);
        double sum = 0.0;
        for (std::int64_t d = 0; d < source.dim; ++d) {
          const double e = static_cast<double>(x[d]) - static_cast<double>(y[d]);
          sum += e * e *
                 (options.cost_weights.empty() ? 1.0 : options.cost_weights[static_cast<std::size_t>(d)]);
        }
        costs[static_cast<std::size_t>(i * n + j)] = sum;
      }
    }
  });
  Assignment result;
  result.target_of = assign_costs(costs, n, context);
  for (std::int64_t i = 0; i < n; ++i)
    result.mean_cost +=
        costs[static_cast<std::size_t>(i * n + result.target_of[static_cast<std::size_t>(i)])];
  result.mean_cost /= static_cast<double>(n);
  return result;
}

double minibatch_wasserstein2(const Rows& a, const Rows& b, std::int64_t batch, int batches,
                              const core::Context& context) {
  require_usable(a, "minibatch distance");
  require_usable(b, "minibatch distance");
  if (batch < 1 || batches < 1)
    throw Error(ErrorKind::Config, "minibatch distance: at least one batch of one row is needed");
  const std::int64_t rows = std::min({batch, a.count, b.count});
  core::Random random_a(context.seed, "minibatch a");
  core::Random random_b(context.seed, "minibatch b");
  double sum = 0.0;
  for (int k = 0; k < batches; ++k) {
    const auto slice = context.slice(static_cast<double>(k) / batches, static_cast<double>(k + 1) / batches,
                                     "exact transport of batches");
    sum += assign(drawn(a, rows, random_a), drawn(b, rows, random_b), {}, slice).mean_cost;
  }
  return std::sqrt(sum / batches);
}

}  // namespace isoscan::transport
