#include "judge.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "isoscan/core/parallel.hpp"
#include "isoscan/transport/metrics.hpp"

namespace isoscan::transport {

namespace {

// A map that reaches its target lies as far from the target's mean as the target does; one that began farther
// away and was stopped early may lie as far as its start. Beyond twice that distance it has run away.
constexpr double kRounding = 1e-9;
constexpr double kFarthest = 4.0;
constexpr std::int64_t kRowsForReach = 2048;
// The energy distance costs the square of a batch, and the error of a mean over batches falls with all rows
// together: many batches of a moderate size.
constexpr int kBatches = 32;
constexpr std::int64_t kBatchRows = 1024;
// Of 32 differences, a mean beyond two standard errors comes by chance once in forty times.
constexpr double kErrors = 2.0;

/// Mean squared distance from `mean` over the moved columns.
double spread(const Rows& rows, const std::vector<double>& mean, std::int64_t moved) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    for (std::int64_t d = 0; d < moved; ++d) {
      const double e = static_cast<double>(rows.at(i, d)) - mean[static_cast<std::size_t>(d)];
      sum += e * e;
    }
  }
  return sum / static_cast<double>(rows.count);
}

/// One over the standard deviation of each column over all batches; 1 for a constant column.
std::vector<float> scales(const std::vector<Rows>& batches) {
  Rows all(0, batches.front().dim);
  for (const Rows& batch : batches) {
    all.values.insert(all.values.end(), batch.values.begin(), batch.values.end());
    all.count += batch.count;
  }
  const Moments m = moments(all);
  std::vector<float> result;
  for (std::int64_t d = 0; d < m.dim; ++d) {
    const double variance = m.covariance[static_cast<std::size_t>(d * m.dim + d)];
    result.push_back(variance > 0.0 ? static_cast<float>(1.0 / std::sqrt(variance)) : 1.0F);
  }
  return result;
}

Rows scaled(Rows rows, const std::vector<float>& scale) {
  for (std::int64_t i = 0; i < rows.count; ++i) {
    for (std::int64_t d = 0; d < rows.dim; ++d) rows.row(i)[d] *= scale[static_cast<std::size_t>(d)];
  }
  return rows;
}

std::string in_words(const Refinement& r) {
  char text[200];
  std::snprintf(text, sizeof text,
                "%s: energy distance to held-out rows %.3g -> %.3g, difference %.2g +- %.2g over %d batches",
                r.kept ? "kept" : "not shown to be better, left out", r.before, r.after, r.after - r.before,
                r.error, r.batches);
  return text;
}

}  // namespace

Judge::Judge(const Sampler& source, const Sampler& target, const SolverOptions& options, int threads)
    : source_(source), target_(target), moved_(source.dim() - options.context_dims), threads_(threads) {
  if (options.exact_conjugate != ExactConjugate::IfBetter) return;
  HeldOut from = hold_out(source, kBatches, kBatchRows);
  HeldOut to = hold_out(target, kBatches, kBatchRows);
  source_ = std::move(from.rest);
  target_ = std::move(to.rest);
  source_batches_ = std::move(from.batches);
  target_batches_ = std::move(to.batches);
}

bool Judge::runs_away(const FittedMap& map, const FittedMap& start, bool inverse) const {
  Sampler from = inverse ? target_ : source_;
  Sampler to = inverse ? source_ : target_;
  const Rows x = from.draw(kRowsForReach);
  const Rows y = to.draw(kRowsForReach);
  const std::vector<double> mean = moments(y).mean;
  double size = 0.0;
  for (const double m : mean) size += m * m;
  // Constant tables have no spread: rounding of the numbers themselves is the least that can be asked.
  const double usual =
      std::max({spread(y, mean, moved_), spread(start.apply(x), mean, moved_), kRounding * size});
  return !(spread(map.apply(x, threads_), mean, moved_) <= kFarthest * usual);
}

void Judge::compare(const FittedMap& before, const FittedMap& after, Refinement& refinement) const {
  const std::vector<Rows>& from = refinement.inverse ? target_batches_ : source_batches_;
  const std::vector<Rows>& to = refinement.inverse ? source_batches_ : target_batches_;
  const std::vector<float> scale = scales(to);
  const std::size_t count = from.size();
  std::vector<double> first(count);
  std::vector<double> second(count);
  core::parallel_for(static_cast<std::int64_t>(count), threads_, [&](std::int64_t begin, std::int64_t end) {
    for (auto b = static_cast<std::size_t>(begin); b < static_cast<std::size_t>(end); ++b) {
      const Rows wanted = scaled(to[b], scale);
      first[b] = energy_distance(scaled(before.apply(from[b]), scale), wanted);
      second[b] = energy_distance(scaled(after.apply(from[b]), scale), wanted);
    }
  });
  const auto n = static_cast<double>(count);
  double square = 0.0;
  for (std::size_t b = 0; b < count; ++b) {
    refinement.before += first[b] / n;
    refinement.after += second[b] / n;
  }
  const double mean = refinement.after - refinement.before;
  for (std::size_t b = 0; b < count; ++b) square += std::pow(second[b] - first[b] - mean, 2);
  refinement.error = std::sqrt(square / (n * (n - 1.0)));
  refinement.batches = static_cast<int>(count);
}

void refine(Fit& fit, const Judge& judge, const SolverOptions& options, const core::Context& context) {
  if (options.exact_conjugate == ExactConjugate::Never) return;
  const auto consider = [&](FittedMap& map, const FittedPotential& potential, bool inverse) {
    context.check_stop();
    const FittedMap exact = conjugate_map(potential, map, options.conjugate);
    Refinement result;
    result.inverse = inverse;
    if (judge.runs_away(exact, map, inverse)) {
      result.why = "left out: it sends rows far beyond the side that it should reach";
    } else if (options.exact_conjugate == ExactConjugate::Always) {
      result.kept = true;
      result.why = "kept, as asked for; not compared";
    } else {
      judge.compare(map, exact, result);
      result.kept = result.after - result.before < -kErrors * result.error;
      result.why = in_words(result);
    }
    if (result.kept) map = exact;
    fit.summary.refinements.push_back(std::move(result));
  };
  if (fit.target_potential) consider(fit.map, *fit.target_potential, false);
  if (fit.inverse && fit.source_potential) consider(*fit.inverse, *fit.source_potential, true);
}

}  // namespace isoscan::transport
