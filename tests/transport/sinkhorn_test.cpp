#include "isoscan/transport/sinkhorn.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/transport/assignment.hpp"
#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/metrics.hpp"

#include "transport_matchers.hpp"

namespace isoscan::transport {
namespace {

using test::correlated_rows;
using test::error_of;
using test::normal_rows;

SinkhornOptions precise(double epsilon) {
  SinkhornOptions options;
  options.epsilon = epsilon;
  options.tolerance = 1e-7;
  return options;
}

/// Values with the quantiles of a normal law: the closed form holds up to the grid, without sampling noise.
Rows normal_grid(std::int64_t count, double mean, double deviation) {
  Rows rows(count, 1);
  for (std::int64_t i = 0; i < count; ++i) {
    const double p = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    double low = -9.0;
    double high = 9.0;
    for (int k = 0; k < 60; ++k)
      (0.5 * std::erfc(-0.5 * (low + high) / std::sqrt(2.0)) < p ? low : high) = 0.5 * (low + high);
    rows.row(i)[0] = static_cast<float>(mean + deviation * low);
  }
  return rows;
}

// Between N(m, a) and N(n, b) the optimal plan is Gaussian with covariance c of x and y,
// c^2 + (epsilon / 2) c - a b = 0 (Janati, Muzellec, Peyre and Cuturi 2020), and T(x) = n + (c / a) (x - m).
TEST(Sinkhorn, GaussianToGaussianOnTheLineIsTheClosedForm) {
  const Rows source = normal_grid(700, 1.0, 2.0);
  const Rows target = normal_grid(600, -3.0, 0.7);
  const double a = moments(source).covariance[0];
  const double b = moments(target).covariance[0];
  for (const double share : {0.02, 0.1, 0.5}) {
    const SinkhornFit fit = fit_sinkhorn(source, target, precise(share));
    ASSERT_TRUE(fit.summary.converged) << fit.summary.ended;
    const double e = fit.summary.epsilon;
    EXPECT_NEAR(e, share * (a + b + 16.0), 1e-3 * e);
    const double c = -e / 4 + std::sqrt(e * e / 16 + a * b);
    Rows x(5, 1);
    x.values = {-2.0F, 0.0F, 1.0F, 2.5F, 4.0F};  // none of them is a source row
    const Rows mapped = fit.map.apply(x);
    for (std::int64_t i = 0; i < x.count; ++i)
      EXPECT_NEAR(mapped.at(i, 0), -3.0 + c / a * (static_cast<double>(x.at(i, 0)) - 1.0), 0.01) << share;
    EXPECT_NEAR(fit.summary.plan_cost, a + b - 2 * c + 16.0, 0.02);
  }
}

TEST(Sinkhorn, GaussianToGaussianInThePlaneIsTheClosedForm) {
  const Rows source = correlated_rows(800, 2, 3);
  const Rows target = correlated_rows(800, 2, 4);
  const SinkhornFit fit = fit_sinkhorn(source, target, precise(0.2));
  // C = A^1/2 (A^1/2 B A^1/2 + (epsilon / 4)^2)^1/2 A^-1/2 - epsilon / 4, and T has the slope C' A^-1. The
  // moments of the mapped source follow: its covariance is C' A^-1 C, its covariance with x is C.
  const Moments a = moments(source);
  const Moments b = moments(target);
  const double e = fit.summary.epsilon / 4;
  const auto root = [](const std::vector<double>& m) {  // of a symmetric positive 2 x 2 matrix
    const double s = std::sqrt(m[0] * m[3] - m[1] * m[2]);
    const double t = std::sqrt(m[0] + m[3] + 2 * s);
    return std::vector<double>{(m[0] + s) / t, m[1] / t, m[2] / t, (m[3] + s) / t};
  };
  const auto times = [](const std::vector<double>& x, const std::vector<double>& y) {
    return std::vector<double>{x[0] * y[0] + x[1] * y[2], x[0] * y[1] + x[1] * y[3],
                               x[2] * y[0] + x[3] * y[2], x[2] * y[1] + x[3] * y[3]};
  };
  const auto inverse = [](const std::vector<double>& m) {
    const double det = m[0] * m[3] - m[1] * m[2];
    return std::vector<double>{m[3] / det, -m[1] / det, -m[2] / det, m[0] / det};
  };
  const auto half = root(a.covariance);
  auto middle = times(times(half, b.covariance), half);
  middle[0] += e * e;
  middle[3] += e * e;
  auto c = times(times(half, root(middle)), inverse(half));
  c[0] -= e;
  c[3] -= e;
  const Rows mapped = fit.map.apply(source);
  Rows both(source.count, 4);
  for (std::int64_t i = 0; i < source.count; ++i) {
    for (std::int64_t d = 0; d < 2; ++d) {
      both.row(i)[d] = source.at(i, d);
      both.row(i)[2 + d] = mapped.at(i, d);
    }
  }
  const Moments joint = moments(both);
  const double unit = std::sqrt(total_variance(source) * total_variance(target));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(joint.mean[2 + i], b.mean[i], 1e-5);
    for (std::size_t j = 0; j < 2; ++j)
      EXPECT_NEAR(joint.covariance[i * 4 + 2 + j], c[i * 2 + j], 0.02 * unit) << i << ' ' << j;
  }
}

TEST(Sinkhorn, SmallEpsilonTendsToTheAssignment) {
  const Rows source = correlated_rows(120, 2, 5);
  const Rows target = correlated_rows(120, 2, 6);
  const Assignment exact = assign(source, target);
  Rows truth(120, 2);
  for (std::int64_t i = 0; i < 120; ++i)
    std::copy_n(target.row(exact.target_of[static_cast<std::size_t>(i)]), 2, truth.row(i));
  const double variance = total_variance(target);
  double last_gap = 1e300;
  double last_error = 1e300;
  for (const double epsilon : {0.1, 0.01, 0.001}) {
    SinkhornOptions options;
    options.epsilon = epsilon;
    options.tolerance = 1e-4;
    options.max_iterations = 50000;
    const SinkhornFit fit = fit_sinkhorn(source, target, options);
    ASSERT_TRUE(fit.summary.converged) << fit.summary.ended;
    const double gap = fit.summary.plan_cost - exact.mean_cost;
    const double error = l2_uvp(fit.map.apply(source), truth, variance);
    EXPECT_GT(gap, -1e-3 * exact.mean_cost);  // no plan is cheaper
    EXPECT_LT(gap, last_gap);
    EXPECT_LT(error, last_error);
    last_gap = gap;
    last_error = error;
  }
  EXPECT_LT(last_gap, 0.005 * exact.mean_cost);
  EXPECT_LT(last_error, 1.0);
}

TEST(Sinkhorn, WeightsActAsRepetition) {
  const Rows source = normal_rows(40, 2, 7);
  const Rows target = correlated_rows(30, 2, 8);
  std::vector<float> source_weights;
  std::vector<float> target_weights;
  const auto repeated = [](const Rows& rows, std::vector<float>& weights) {
    Rows result(0, rows.dim);
    for (std::int64_t i = 0; i < rows.count; ++i) {
      const auto times = static_cast<int>(i % 3);  // some rows come not at all
      weights.push_back(0.5F * static_cast<float>(times));
      for (int k = 0; k < times; ++k) {
        result.values.insert(result.values.end(), rows.row(i), rows.row(i) + rows.dim);
        ++result.count;
      }
    }
    return result;
  };
  const Rows many_source = repeated(source, source_weights);
  const Rows many_target = repeated(target, target_weights);
  const SinkhornFit weighted = fit_sinkhorn(source, target, precise(0.05), source_weights, target_weights);
  const SinkhornFit many = fit_sinkhorn(many_source, many_target, precise(0.05));
  EXPECT_NEAR(weighted.summary.plan_cost, many.summary.plan_cost, 1e-6);
  const Rows a = weighted.map.apply(source);
  const Rows b = many.map.apply(source);
  for (std::size_t i = 0; i < a.values.size(); ++i) EXPECT_NEAR(a.values[i], b.values[i], 1e-5);
}

TEST(Sinkhorn, CostWeightsAreAChangeOfUnits) {
  const Rows source = normal_rows(80, 2, 9);
  const Rows target = correlated_rows(80, 2, 10);
  SinkhornOptions options = precise(0.05);
  options.cost_weights = {4.0, 0.25};
  const auto scaled = [](Rows rows, float first, float second) {
    for (std::size_t i = 0; i < rows.values.size(); i += 2) {
      rows.values[i] *= first;
      rows.values[i + 1] *= second;
    }
    return rows;
  };
  const Rows a = scaled(fit_sinkhorn(source, target, options).map.apply(source), 2.0F, 0.5F);
  const Rows other = scaled(source, 2.0F, 0.5F);
  const Rows b = fit_sinkhorn(other, scaled(target, 2.0F, 0.5F), precise(0.05)).map.apply(other);
  for (std::size_t i = 0; i < a.values.size(); ++i) EXPECT_NEAR(a.values[i], b.values[i], 1e-4);
}

/// Two groups, told apart by the context alone, whose targets lie crosswise: only a map that reads the
/// context can send each to its own.
TEST(Sinkhorn, ContextIsReadAndComesBack) {
  core::Random random(11);
  const auto sample = [&random](float shift) {
    Rows rows(400, 2);
    for (std::int64_t i = 0; i < rows.count; ++i) {
      const float group = i % 2 == 0 ? 1.0F : -1.0F;
      rows.row(i)[0] = shift * group + 0.3F * static_cast<float>(random.normal());
      rows.row(i)[1] = group;
    }
    return rows;
  };
  const Rows source = sample(-1.0F);
  const Rows target = sample(1.0F);
  SinkhornOptions options;
  options.context_dims = 1;
  options.context_cost = 1e3;
  const Rows with = fit_sinkhorn(source, target, options).map.apply(source);
  options.context_cost = 0.0;
  const Rows without = fit_sinkhorn(source, target, options).map.apply(source);
  double crossed = 0.0;
  double stayed = 0.0;
  for (std::int64_t i = 0; i < source.count; ++i) {
    ASSERT_EQ(with.at(i, 1), source.at(i, 1));
    ASSERT_EQ(without.at(i, 1), source.at(i, 1));
    crossed += with.at(i, 0) * source.at(i, 1) / 400.0;
    stayed += without.at(i, 0) * source.at(i, 1) / 400.0;
  }
  EXPECT_NEAR(crossed, 1.0, 0.05);
  EXPECT_NEAR(stayed, -1.0, 0.05);
}

TEST(Sinkhorn, TheSameBitsForEveryThreadCount) {
  const Rows source = normal_rows(301, 3, 12);
  const Rows target = correlated_rows(257, 3, 13);
  core::Context three;
  three.threads = 3;
  const SinkhornFit a = fit_sinkhorn(source, target);
  const SinkhornFit b = fit_sinkhorn(source, target, {}, {}, {}, three);
  EXPECT_EQ(a.map, b.map);
  EXPECT_EQ(a.summary.iterations, b.summary.iterations);
  EXPECT_EQ(a.summary.plan_cost, b.summary.plan_cost);
  EXPECT_EQ(a.map.apply(source, 1), a.map.apply(source, 3));
}

TEST(Sinkhorn, SavedLoadedComposedAndHalvedAsAnyMap) {
  const Rows source = normal_rows(2100, 3, 14);  // more than one chunk of rows
  SinkhornOptions options;
  options.context_dims = 1;
  options.epsilon = 0.1;
  const SinkhornFit fit = fit_sinkhorn(normal_rows(150, 3, 15), correlated_rows(140, 3, 16), options);
  const FittedMap map(fit.map);
  EXPECT_EQ(map.dim(), 3);
  EXPECT_EQ(map.context_dims(), 1);
  EXPECT_EQ(map.apply(source, 2), fit.map.apply(source));
  const auto again = [](const FittedMap& what) {
    return FittedMap::from_tensors(core::from_safetensors(core::to_safetensors(what.to_tensors())));
  };
  EXPECT_EQ(again(map).apply(source), map.apply(source));
  const FittedMap chain = FittedMap::compose(map.with_strength(0.5), FittedMap(AffineMap::identity(3, 1)));
  EXPECT_EQ(again(chain).apply(source), chain.apply(source));
  const Rows half = map.with_strength(0.5).apply(source);
  const Rows whole = map.apply(source);
  for (std::int64_t i = 0; i < source.count; ++i) {
    ASSERT_NEAR(half.at(i, 0), 0.5F * (source.at(i, 0) + whole.at(i, 0)), 1e-5);
    ASSERT_EQ(half.at(i, 2), source.at(i, 2));
  }
}

TEST(Sinkhorn, ADamagedMapIsRefused) {
  const SinkhornFit fit = fit_sinkhorn(normal_rows(20, 2, 17), normal_rows(20, 2, 18));
  const core::TensorFile good = FittedMap(fit.map).to_tensors();
  const auto said = [&](const auto& damage) {
    core::TensorFile file = good;
    damage(file);
    return error_of([&] { (void)FittedMap::from_tensors(file); });
  };
  ASSERT_EQ(said([](core::TensorFile&) {}), "");
  EXPECT_NE(said([](auto& f) { f.metadata["0.epsilon"] = "0"; }).find("epsilon"), std::string::npos);
  EXPECT_NE(said([](auto& f) { f.tensors.erase("0.target"); }).find("target"), std::string::npos);
  EXPECT_NE(said([](auto& f) {
              f.tensors["0.target"] = core::Tensor::of({19, 2}, std::vector<float>(38, 1.0F));
            }).find("shape"),
            std::string::npos);
  EXPECT_NE(said([](auto& f) {
              f.tensors["0.column_cost"] = core::Tensor::of({2}, std::vector<double>{1.0, 0.0});
            }).find("column_cost"),
            std::string::npos);
  EXPECT_NE(said([](auto& f) {
              f.tensors["0.log_weight"] = core::Tensor::of({20}, std::vector<double>(20, NAN));
            }).find("not finite"),
            std::string::npos);
}

TEST(Sinkhorn, WhyItEndedIsSaid) {
  const Rows source = correlated_rows(60, 2, 19);
  const Rows target = correlated_rows(60, 2, 20);
  SinkhornOptions options;
  EXPECT_EQ(fit_sinkhorn(source, target, options).summary.ended.rfind("converged", 0), 0U);
  options.epsilon = 1e-4;
  options.tolerance = 1e-9;
  options.max_iterations = 3;
  const SinkhornFit short_run = fit_sinkhorn(source, target, options);
  EXPECT_FALSE(short_run.summary.converged);
  EXPECT_NE(short_run.summary.ended.find("max_iterations"), std::string::npos);
  EXPECT_GT(short_run.summary.marginal_error, options.tolerance);
}

TEST(Sinkhorn, WhatCannotBeUsedIsNamed) {
  Rows rows = normal_rows(20, 2, 21);
  const Rows good = rows;
  EXPECT_NE(error_of([&] { (void)fit_sinkhorn(Rows(0, 2), rows); }).find("source: 0 rows"),
            std::string::npos);
  EXPECT_NE(error_of([&] { (void)fit_sinkhorn(rows, normal_rows(20, 3, 22)); }).find("columns"),
            std::string::npos);
  EXPECT_NE(error_of([&] { (void)fit_sinkhorn(rows, rows, {}, {1.0F}); }).find("1 weights for 20 rows"),
            std::string::npos);
  EXPECT_NE(error_of([&] { (void)fit_sinkhorn(Rows(5, 2, 1.0F), Rows(5, 2, 1.0F)); }).find("equal"),
            std::string::npos);
  SinkhornOptions options;
  options.epsilon = 0.0;
  EXPECT_NE(error_of([&] { (void)fit_sinkhorn(rows, rows, options); }).find("epsilon"), std::string::npos);
  options = {};
  options.context_dims = 2;
  EXPECT_NE(error_of([&] { (void)fit_sinkhorn(rows, rows, options); }).find("context_dims"),
            std::string::npos);
  rows.row(13)[1] = INFINITY;
  EXPECT_NE(error_of([&] { (void)fit_sinkhorn(good, rows); }).find("target: row 13, column 1"),
            std::string::npos);
  std::stop_source stop;
  stop.request_stop();
  core::Context context;
  context.stop = stop.get_token();
  EXPECT_NE(error_of([&] { (void)fit_sinkhorn(good, good, {}, {}, {}, context); }).find("cancelled"),
            std::string::npos);
}

}  // namespace
}  // namespace isoscan::transport
