#include "isoscan/transport/sinkhorn.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"

#include "cloud.hpp"
#include "option_checks.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace {

constexpr int kStageIterations = 100;   // at most, at each epsilon before the last
constexpr double kStageTolerance = 10;  // times the last tolerance: a stage only prepares the next

/// A sample without its rows of weight zero, and the logarithms of its weights, which sum to one.
struct Side {
  Rows rows;
  std::vector<double> share;
  std::vector<double> log_share;
};

Side side_of(const Rows& rows, const std::vector<float>& weights) {
  Side side{Rows(0, rows.dim), {}, {}};
  double sum = 0.0;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const double w = weights.empty() ? 1.0 : static_cast<double>(weights[static_cast<std::size_t>(i)]);
    if (w == 0.0) continue;
    side.rows.values.insert(side.rows.values.end(), rows.row(i), rows.row(i) + rows.dim);
    ++side.rows.count;
    side.share.push_back(w);
    sum += w;
  }
  for (double& w : side.share) {
    w /= sum;
    side.log_share.push_back(std::log(w));
  }
  return side;
}

/// Mean squared difference of one column over all pairs, and the variance within both sides together.
struct Spread {
  double between = 0.0;
  double pooled = 0.0;
};
Spread spread_of(const Side& source, const Side& target, std::int64_t d) {
  const auto moments_of = [d](const Side& side) {
    double mean = 0.0;
    double variance = 0.0;
    for (std::size_t i = 0; i < side.share.size(); ++i)
      mean += side.share[i] * static_cast<double>(side.rows.at(static_cast<std::int64_t>(i), d));
    for (std::size_t i = 0; i < side.share.size(); ++i) {
      const double e = static_cast<double>(side.rows.at(static_cast<std::int64_t>(i), d)) - mean;
      variance += side.share[i] * e * e;
    }
    return std::pair{mean, variance};
  };
  const auto [ms, vs] = moments_of(source);
  const auto [mt, vt] = moments_of(target);
  const double gap = (ms - mt) * (ms - mt);
  return {vs + vt + gap, 0.5 * (vs + vt) + 0.25 * gap};
}

std::vector<double> column_cost_of(const Side& source, const Side& target, const SinkhornOptions& options) {
  const std::int64_t moved = source.rows.dim - options.context_dims;
  std::vector<double> cost(static_cast<std::size_t>(source.rows.dim), 1.0);
  std::copy(options.cost_weights.begin(), options.cost_weights.end(), cost.begin());
  double unit = 0.0;
  for (std::int64_t d = 0; d < moved; ++d)
    unit +=
        cost[static_cast<std::size_t>(d)] * spread_of(source, target, d).pooled / static_cast<double>(moved);
  for (std::int64_t d = moved; d < source.rows.dim; ++d) {
    const double variance = spread_of(source, target, d).pooled;
    cost[static_cast<std::size_t>(d)] = variance > 0.0 ? options.context_cost * unit / variance : 0.0;
  }
  return cost;
}

class Iterations {
 public:
  Iterations(const Side& source, const Side& target, const std::vector<double>& column_cost,
             const core::Context& context)
      : source_(source),
        target_(target),
        source_cloud_(source.rows, column_cost),
        target_cloud_(target.rows, column_cost),
        context_(context),
        f_(source.share.size(), 0.0),
        g_(target.share.size(), 0.0) {}

  /// Until the row sums are right or `most` iterations are done. Returns iterations.
  int run(double epsilon, double tolerance, int most, const core::Progress& progress) {
    double first_error = 0.0;
    std::vector<double> next(f_.size());
    for (int k = 0;; ++k) {
      update(source_cloud_, target_cloud_, target_.log_share, g_, epsilon, next);
      if (k > 0) {  // the column sums are exact, the row sums are a_i exp((f_i - next_i) / epsilon)
        error_ = 0.0;
        for (std::size_t i = 0; i < f_.size(); ++i)
          error_ += source_.share[i] * std::abs(std::expm1((f_[i] - next[i]) / epsilon));
        if (k == 1) first_error = error_;
        // The error falls by about a constant factor: its logarithm tells how far we are.
        const double done = first_error > tolerance && error_ > 0.0
                                ? std::log(first_error / error_) / std::log(first_error / tolerance)
                                : 1.0;
        progress.report(std::clamp(std::max(done, static_cast<double>(k) / most), 0.0, 1.0));
        if (error_ <= tolerance || k >= most || !std::isfinite(error_)) return k;
      }
      f_.swap(next);
      update(target_cloud_, source_cloud_, source_.log_share, f_, epsilon, g_);
    }
  }

  [[nodiscard]] double error() const { return error_; }
  [[nodiscard]] const std::vector<double>& g() const { return g_; }

  [[nodiscard]] double dual() const {
    double sum = 0.0;
    for (std::size_t i = 0; i < f_.size(); ++i) sum += source_.share[i] * f_[i];
    for (std::size_t j = 0; j < g_.size(); ++j) sum += target_.share[j] * g_[j];
    return sum;
  }

  /// sum_ij P_ij c_ij with the row sums made exact.
  [[nodiscard]] double plan_cost(double epsilon) const {
    std::vector<double> cost(f_.size());
    each_point(source_cloud_, target_cloud_, target_.log_share, g_, epsilon,
               [&](std::size_t i, const std::vector<double>& distance, std::vector<double>& z) {
                 exp_below_largest(z);
                 cost[i] = source_.share[i] * lane_dot(z.data(), distance.data(), z.size()) /
                           lane_sum(z.data(), z.size());
               });
    return lane_sum(cost.data(), cost.size());
  }

 private:
  /// work(i, squared distances, log weights) for each point of `from`, where
  /// log weight_j = log_share_j + (potential_j - distance_j) / epsilon.
  template <typename Work>
  void each_point(const Cloud& from, const Cloud& to, const std::vector<double>& log_share,
                  const std::vector<double>& potential, double epsilon, const Work& work) const {
    const double inverse = 1.0 / epsilon;
    std::vector<double> offer(potential.size());
    for (std::size_t j = 0; j < offer.size(); ++j) offer[j] = log_share[j] + potential[j] * inverse;
    core::parallel_for(
        static_cast<std::int64_t>(from.count()), context_.threads, [&](std::int64_t begin, std::int64_t end) {
          std::vector<double> u;
          std::vector<double> distance;
          std::vector<double> z(offer.size());
          for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
            if (i % 64 == 0) context_.check_stop();
            from.point(i, u);
            to.squared_distances(u, distance);
            log_weights(offer.data(), distance.data(), inverse, z.data(), z.size());
            work(i, distance, z);
          }
        });
  }

  /// out_i = -epsilon log sum_j share_j exp((potential_j - c_ij) / epsilon).
  void update(const Cloud& from, const Cloud& to, const std::vector<double>& log_share,
              const std::vector<double>& potential, double epsilon, std::vector<double>& out) const {
    context_.check_stop();
    each_point(from, to, log_share, potential, epsilon,
               [&](std::size_t i, const std::vector<double>& /*distance*/, std::vector<double>& z) {
                 const double largest = exp_below_largest(z);
                 out[i] = -epsilon * (largest + std::log(lane_sum(z.data(), z.size())));
               });
  }

  const Side& source_;
  const Side& target_;
  Cloud source_cloud_;
  Cloud target_cloud_;
  const core::Context& context_;
  std::vector<double> f_;
  std::vector<double> g_;
  double error_ = 0.0;
};

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

}  // namespace

std::string SinkhornOptions::problem(std::int64_t dim) const {
  if (!(epsilon > 0.0) || !std::isfinite(epsilon)) return "epsilon must be positive";
  if (epsilon < 1e-5)
    return "epsilon below 1e-5 of the mean cost does not converge; use the exact assignment";
  if (!(first_epsilon > 0.0) || !std::isfinite(first_epsilon)) return "first_epsilon must be positive";
  if (!(anneal > 0.0 && anneal < 1.0)) return "anneal must lie between 0 and 1";
  if (!(tolerance > 0.0 && tolerance < 1.0)) return "tolerance must lie between 0 and 1";
  if (max_iterations < 1) return "max_iterations must be at least 1";
  if (!(context_cost >= 0.0) || !std::isfinite(context_cost)) return "context_cost must not be negative";
  return columns_problem(dim, context_dims, cost_weights);
}

Rows EntropicMap::apply(const Rows& rows, int threads) const {
  if (rows.dim != dim)
    throw Error(ErrorKind::Input,
                "entropic map of " + std::to_string(dim) + " columns, rows have " + std::to_string(rows.dim));
  const Cloud from(rows, column_cost);
  const Cloud to(target, column_cost);
  const double inverse = 1.0 / epsilon;
  const auto moved = static_cast<std::size_t>(dim - context_dims);
  Rows result = rows;
  core::parallel_for(rows.count, threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> u;
    std::vector<double> z;
    for (std::int64_t i = begin; i < end; ++i) {
      from.point(static_cast<std::size_t>(i), u);
      to.squared_distances(u, z);
      log_weights(log_weight.data(), z.data(), inverse, z.data(), z.size());
      exp_below_largest(z);
      const double sum = lane_sum(z.data(), z.size());
      for (std::size_t d = 0; d < moved; ++d)
        result.row(i)[d] =
            static_cast<float>(lane_dot(z.data(), to.column(d), z.size()) / sum / std::sqrt(column_cost[d]));
    }
  });
  return result;
}

SinkhornFit fit_sinkhorn(const Rows& source, const Rows& target, const SinkhornOptions& options,
                         const std::vector<float>& source_weights, const std::vector<float>& target_weights,
                         const core::Context& context) {
  require_usable(source, "source");
  require_usable(target, "target");
  require_same_dim(source, target, "source and target");
  require_weights(source_weights, source.count, "source");
  require_weights(target_weights, target.count, "target");
  if (const auto wrong = options.problem(source.dim); !wrong.empty())
    throw Error(ErrorKind::Config, "Sinkhorn: " + wrong);
  const auto begin = std::chrono::steady_clock::now();
  const Side from = side_of(source, source_weights);
  const Side to = side_of(target, target_weights);

  SinkhornFit fit;
  fit.map.dim = source.dim;
  fit.map.context_dims = options.context_dims;
  fit.map.column_cost = column_cost_of(from, to, options);
  double widest = 0.0;  // mean cost with the context's share, which may be far larger
  for (std::int64_t d = 0; d < source.dim; ++d) {
    const double cost = fit.map.column_cost[static_cast<std::size_t>(d)] * spread_of(from, to, d).between;
    widest += cost;
    if (d < source.dim - options.context_dims) fit.summary.mean_cost += cost;
  }
  if (!(fit.summary.mean_cost > 0.0) || !std::isfinite(fit.summary.mean_cost))
    throw Error(ErrorKind::Input,
                "Sinkhorn: the rows of both samples are all equal, or too far apart for numbers");
  const double last = options.epsilon * fit.summary.mean_cost;

  std::vector<double> stages;
  for (double e = options.first_epsilon * widest; e > last; e *= options.anneal) stages.push_back(e);
  Iterations iterations(from, to, fit.map.column_cost, context);
  const double share = 0.5 / static_cast<double>(stages.size() + 1);
  for (std::size_t s = 0; s < stages.size(); ++s) {
    const auto at = static_cast<double>(s);
    fit.summary.iterations +=
        iterations.run(stages[s], std::min(0.5, kStageTolerance * options.tolerance), kStageIterations,
                       context.progress.slice(at * share, (at + 1) * share, "entropic transport"));
  }
  fit.summary.iterations += iterations.run(
      last, options.tolerance, options.max_iterations,
      context.progress.slice(static_cast<double>(stages.size()) * share, 1.0, "entropic transport"));
  fit.map.epsilon = last;
  fit.map.target = to.rows;
  fit.map.log_weight = to.log_share;
  for (std::size_t j = 0; j < fit.map.log_weight.size(); ++j)
    fit.map.log_weight[j] += iterations.g()[j] / last;

  SinkhornSummary& summary = fit.summary;
  summary.epsilon = last;
  summary.marginal_error = iterations.error();
  if (!std::isfinite(summary.marginal_error))
    throw Error(ErrorKind::Numeric, "Sinkhorn: the iterations left the range of numbers; raise epsilon");
  summary.converged = summary.marginal_error <= options.tolerance;
  summary.plan_cost = iterations.plan_cost(last);
  summary.dual = iterations.dual();
  summary.ended = summary.converged
                      ? "converged: " + short_number(summary.marginal_error) + " of the mass is out of place"
                      : "stopped at max_iterations with " + short_number(summary.marginal_error) +
                            " of the mass out of place; raise max_iterations or epsilon";
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return fit;
}

}  // namespace isoscan::transport
