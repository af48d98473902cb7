// Laws that every part must meet, in many dimensions: Gaussian to Gaussian, weights as repetition.
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/solver.hpp"

#include "transport_matchers.hpp"

namespace isoscan::transport {
namespace {

using test::context_of;
using test::drawn;
using test::GaussianLaw;
using test::law_sampler;
using test::normal_rows;

double trace(const Moments& m) {
  double sum = 0.0;
  for (std::int64_t d = 0; d < m.dim; ++d) sum += m.covariance[static_cast<std::size_t>(d * m.dim + d)];
  return sum;
}

class GaussianToGaussian : public testing::TestWithParam<int> {
 protected:
  GaussianToGaussian()
      : dim(GetParam()),
        source(dim, 100 + static_cast<std::uint64_t>(dim)),
        target(dim, 200 + static_cast<std::uint64_t>(dim)),
        truth(gaussian_map(source.moments(), target.moments())),
        x(drawn(source, 4000)),
        wanted(truth.apply(x)),
        variance(trace(target.moments())) {}

  /// The closed form of another pair of Gaussians: optimal for the cost, and not the answer.
  [[nodiscard]] AffineMap off_start() const {
    return gaussian_map(GaussianLaw(dim, 300 + static_cast<std::uint64_t>(dim)).moments(),
                        GaussianLaw(dim, 400 + static_cast<std::uint64_t>(dim)).moments());
  }
  /// What serves many columns: the potential on the source, quadratic features, the corrected inner problem.
  [[nodiscard]] SolverOptions options(int steps) const {
    SolverOptions result;
    result.steps = steps;
    result.batch = 512;
    result.map_steps = 2;
    result.expectile_weight = 0.0;
    result.potential_side = PotentialSide::Source;
    result.correct_conjugate = true;
    result.map_network.hidden = result.potential_network.hidden = {128};
    result.potential_network.quadratic = true;
    result.map_adam.rate = result.potential_adam.rate = 4e-3;
    result.map_average = 0.99;
    return result;
  }

  std::int64_t dim;
  GaussianLaw source;
  GaussianLaw target;
  AffineMap truth;
  Rows x;
  Rows wanted;
  double variance;
};

TEST_P(GaussianToGaussian, TheClosedFormIsSymmetricReachesTheTargetAndCostsTheBuresDistance) {
  const auto n = static_cast<std::size_t>(dim);
  const Moments from = source.moments();
  const Moments to = target.moments();
  EXPECT_EQ(truth.mean_source, from.mean);
  EXPECT_EQ(truth.mean_target, to.mean);
  // A S A' = S_target, by the moments and not by samples.
  std::vector<double> half(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t j = 0; j < n; ++j)
        half[i * n + j] += truth.matrix[i * n + k] * from.covariance[k * n + j];
    }
  }
  double cost = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    cost += std::pow(to.mean[i] - from.mean[i], 2);
    for (std::size_t j = 0; j < n; ++j) {
      double reached = 0.0;
      for (std::size_t k = 0; k < n; ++k) reached += half[i * n + k] * truth.matrix[j * n + k];
      ASSERT_NEAR(reached, to.covariance[i * n + j], 1e-8);
      ASSERT_NEAR(truth.matrix[i * n + j], truth.matrix[j * n + i], 1e-9);
    }
    // E |A z - z|^2 = tr S_target + tr S - 2 tr A S.
    cost += to.covariance[i * n + i] + from.covariance[i * n + i] - 2.0 * half[i * n + i];
  }
  EXPECT_NEAR(cost, gaussian_wasserstein2_squared(from, to), 1e-7 * cost);
}

TEST_P(GaussianToGaussian, TheSolverFindsItFromTheIdentityAndFromAnotherPairsClosedForm) {
  for (const bool another : {false, true}) {
    // The other pair's map is farther off than the identity; few columns suffice to see that it is left.
    if (another && dim > 8) break;
    SolverOptions how = options(400);
    how.start_kind = StartKind::Symmetric;
    if (another) how.start = off_start();
    const Fit fit = fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), how, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    const Rows mapped = fit.map.apply(x);
    const double uvp = l2_uvp(mapped, wanted, variance);
    const double start = l2_uvp(another ? how.start->apply(x) : x, wanted, variance);
    std::printf("  D = %2d: L2-UVP %.3f %% (start %.1f), cosine %.4f, %.1f s\n", static_cast<int>(dim), uvp,
                start, displacement_cosine(x, mapped, wanted), fit.summary.seconds);
    EXPECT_GT(start, 50.0);
    EXPECT_LT(uvp, dim <= 32 ? 1.0 : 2.5);
    EXPECT_GT(displacement_cosine(x, mapped, wanted), 0.99);
  }
}

TEST_P(GaussianToGaussian, AStartAtTheAnswerIsKept) {
  SolverOptions how = options(60);
  how.start = truth;
  for (const StartKind kind : {StartKind::Base, StartKind::Symmetric}) {
    how.start_kind = kind;
    const Fit fit = fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), how, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    const double uvp = l2_uvp(fit.map.apply(x), wanted, variance);
    std::printf("  D = %2d, %s: L2-UVP after 60 steps %.4f %%\n", static_cast<int>(dim),
                kind == StartKind::Base ? "base" : "symmetric", uvp);
    EXPECT_LT(uvp, 1.0);
  }
}

INSTANTIATE_TEST_SUITE_P(Dimensions, GaussianToGaussian, testing::Values(2, 4, 8, 16, 32, 64));

/// Rows and how often each comes; the same rows repeated.
struct Weighted {
  Rows rows;
  std::vector<float> weights;
  Rows repeated;
};
Weighted weighted(Rows rows) {
  Weighted result{std::move(rows), {}, Rows(0, 0)};
  result.repeated.dim = result.rows.dim;
  for (std::int64_t i = 0; i < result.rows.count; ++i) {
    // Rows on one side come three times, and some not at all.
    const int times = i % 7 == 0 ? 0 : result.rows.at(i, 0) > 0.0F ? 3 : 1;
    result.weights.push_back(0.25F * static_cast<float>(times));
    for (int k = 0; k < times; ++k) {
      result.repeated.values.insert(result.repeated.values.end(), result.rows.row(i),
                                    result.rows.row(i) + result.rows.dim);
      ++result.repeated.count;
    }
  }
  return result;
}

TEST(Weights, OfTheGaussianMapActAsRepetition) {
  const Weighted source = weighted(normal_rows(500, 3, 1));
  const Weighted target = weighted(test::correlated_rows(400, 3, 2));
  const AffineMap a = fit_gaussian(source.rows, target.rows, {}, source.weights, target.weights);
  const AffineMap b = fit_gaussian(source.repeated, target.repeated);
  const AffineMap plain = fit_gaussian(source.rows, target.rows);
  double moved = 0.0;
  for (std::size_t i = 0; i < a.matrix.size(); ++i) {
    EXPECT_NEAR(a.matrix[i], b.matrix[i], 1e-6);
    moved = std::max(moved, std::abs(a.matrix[i] - plain.matrix[i]));
  }
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(a.mean_target[i], b.mean_target[i], 1e-6);
  EXPECT_GT(moved, 0.02);
}

TEST(Weights, OfASamplerActAsRepetition) {
  // A million draws of each: the share of every row, within four standard errors.
  const Weighted sample = weighted(normal_rows(10, 1, 3));
  constexpr std::int64_t kDraws = 1000000;
  const auto shares = [&](Sampler sampler) {
    std::vector<double> result(10, 0.0);
    const Rows rows = sampler.draw(kDraws);
    for (const float v : rows.values) {
      for (std::int64_t i = 0; i < 10; ++i)
        result[static_cast<std::size_t>(i)] += v == sample.rows.at(i, 0) ? 1.0 / kDraws : 0.0;
    }
    return result;
  };
  const std::vector<double> a = shares(Sampler(sample.rows, 4, "weighted", sample.weights));
  const std::vector<double> b = shares(Sampler(sample.repeated, 4, "repeated"));
  double total = 0.0;
  for (const float w : sample.weights) total += static_cast<double>(w);
  for (std::size_t i = 0; i < 10; ++i) {
    const double wanted = static_cast<double>(sample.weights[i]) / total;
    const double error = 4.0 * std::sqrt(wanted * (1.0 - wanted) / kDraws);
    EXPECT_NEAR(a[i], wanted, error + 1e-12);
    EXPECT_NEAR(b[i], wanted, error + 1e-12);
  }
}

TEST(Weights, OfEnotsBatchesActAsRepetitionOnBothSides) {
  // The law of the rows is what counts: the fit on weighted rows and the fit on repeated ones meet the same
  // answer, and the fit that ignores weights another.
  const Weighted source = weighted(normal_rows(4000, 1, 5));
  const Weighted target = weighted(normal_rows(4000, 1, 6));
  SolverOptions how;
  how.steps = 500;
  how.batch = 512;
  how.expectile_weight = 0.0;
  how.map_network.hidden = how.potential_network.hidden = {32, 32};
  how.map_average = 0.99;
  const auto fitted = [&](const Sampler& from, const Sampler& to) {
    const Fit fit = fit_enot(from, to, how, context_of());
    EXPECT_TRUE(fit.summary.usable) << fit.summary.ended;
    Rows grid(400, 1);
    for (std::int64_t i = 0; i < 400; ++i) grid.row(i)[0] = -1.5F + 0.0075F * static_cast<float>(i);
    return fit.map.apply(grid);
  };
  const Rows by_target =
      fitted(Sampler(source.rows, 5, "source"), Sampler(target.rows, 5, "target", target.weights));
  const Rows target_repeated =
      fitted(Sampler(source.rows, 5, "source"), Sampler(target.repeated, 5, "target"));
  const Rows by_source =
      fitted(Sampler(source.rows, 5, "source", source.weights), Sampler(target.rows, 5, "target"));
  const Rows source_repeated =
      fitted(Sampler(source.repeated, 5, "source"), Sampler(target.rows, 5, "target"));
  const Rows plain = fitted(Sampler(source.rows, 5, "source"), Sampler(target.rows, 5, "target"));
  const auto distance = [](const Rows& a, const Rows& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.values.size(); ++i)
      sum += std::pow(static_cast<double>(a.values[i] - b.values[i]), 2) / static_cast<double>(a.count);
    return std::sqrt(sum);
  };
  std::printf("  target: weighted against repeated %.3f, against none %.3f; source: %.3f, %.3f\n",
              distance(by_target, target_repeated), distance(by_target, plain),
              distance(by_source, source_repeated), distance(by_source, plain));
  EXPECT_LT(distance(by_target, target_repeated), 0.1);
  EXPECT_GT(distance(by_target, plain), 0.3);
  EXPECT_LT(distance(by_source, source_repeated), 0.1);
  EXPECT_GT(distance(by_source, plain), 0.3);
}

}  // namespace
}  // namespace isoscan::transport
