// The solver by law: known optimal maps, the identity, determinism, files, refusals.
#include "isoscan/transport/solver.hpp"

#include <cmath>
#include <cstdio>
#include <limits>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/test/support.hpp"
#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/one_dimensional.hpp"

#include "transport_matchers.hpp"
#include "w2_problem.hpp"

namespace isoscan::transport {
namespace {

using test::bytes_of;
using test::context_of;
using test::drawn;
using test::error_of;
using test::GaussianLaw;
using test::law_sampler;
using test::normal_rows;

SolverOptions quick(int steps, std::int64_t batch = 256) {
  SolverOptions options = test::quick(steps, batch);
  options.map_network.hidden = options.potential_network.hidden = {32, 32, 32};
  options.log_every = SolverOptions().log_every;
  return options;
}

TEST(Enot, GaussianToGaussianFindsTheClosedForm) {
  for (const std::int64_t dim : {2, 4, 8}) {
    const GaussianLaw source(dim, 100 + static_cast<std::uint64_t>(dim));
    const GaussianLaw target(dim, 200 + static_cast<std::uint64_t>(dim));
    SolverOptions options = quick(dim < 8 ? 500 : 800, 512);
    options.expectile_weight = 0.0;
    options.potential_network.quadratic = true;
    const Fit fit =
        fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    const Moments to = target.moments();
    const AffineMap truth = gaussian_map(source.moments(), to);
    double variance = 0.0;
    for (std::int64_t d = 0; d < dim; ++d) variance += to.covariance[static_cast<std::size_t>(d * dim + d)];
    const Rows x = drawn(source, 4000);
    const Rows wanted = truth.apply(x);
    const double uvp = l2_uvp(fit.map.apply(x), wanted, variance);
    const double identity = l2_uvp(x, wanted, variance);
    const double exact = gaussian_wasserstein2_squared(source.moments(), to);
    std::printf("  D = %d: L2-UVP %.3f %% (identity %.1f), dual %.3f of %.3f, %.1f s, %.0f steps/s\n",
                static_cast<int>(dim), uvp, identity, fit.summary.log.back().dual, exact, fit.summary.seconds,
                fit.summary.steps_per_second);
    EXPECT_LT(uvp, 1.5);
    EXPECT_GT(displacement_cosine(x, fit.map.apply(x), wanted), 0.99);
    EXPECT_NEAR(fit.summary.log.back().dual, exact, 0.15 * exact);
  }
}

TEST(Enot, WithBothTermsAndOtherFormsItStillFindsTheGaussianMap) {
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  const AffineMap truth = gaussian_map(source.moments(), target.moments());
  const Rows x = drawn(source, 4000);
  const Rows wanted = truth.apply(x);
  const double variance = total_variance(wanted);
  SolverOptions expectile = quick(500);
  SolverOptions dot = expectile;
  dot.dot_product = true;
  SolverOptions potential = expectile;
  potential.map_kind = MapKind::Potential;
  SolverOptions raw = expectile;
  raw.standardise = false;
  struct Named {
    const char* name;
    SolverOptions options;
  };
  for (const Named& way : {Named{"expectile", expectile}, Named{"dot product", dot},
                           Named{"potential", potential}, Named{"raw", raw}}) {
    const Fit fit =
        fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), way.options, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    const double uvp = l2_uvp(fit.map.apply(x), wanted, variance);
    std::printf("  %s: L2-UVP %.3f %% (identity %.1f)\n", way.name, uvp, l2_uvp(x, wanted, variance));
    EXPECT_LT(uvp, 5.0) << way.name;
  }
}

TEST(Enot, BidirectionalMapsAreInverse) {
  const GaussianLaw source(3, 104);
  const GaussianLaw target(3, 204);
  SolverOptions options = quick(900);
  options.bidirectional = true;
  options.map_kind = MapKind::Potential;
  const Fit fit =
      fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
  ASSERT_TRUE(fit.summary.usable);
  ASSERT_TRUE(fit.inverse);
  const Rows x = drawn(source, 3000);
  const Rows y = fit.map.apply(x);
  const double back = round_trip_error(x, fit.inverse->apply(y));
  std::printf("  round trip %.3f, there %.3f\n", back, round_trip_error(x, y));
  EXPECT_LT(back, 0.2);
  EXPECT_GT(round_trip_error(x, y), 0.5);
}

TEST(Enot, OneDimensionIsMonotoneRearrangementForEveryConvexCost) {
  core::Random random(8);
  Rows source(20000, 1);
  Rows target(20000, 1);
  for (float& v : source.values) v = static_cast<float>(random.normal());
  for (float& v : target.values) v = static_cast<float>(std::exp(0.5 * random.normal()) * 2.0);
  const MonotoneMap truth = fit_monotone(source.values, target.values, 512);
  const Rows x = normal_rows(3000, 1, 9);
  Rows wanted = x;
  for (float& v : wanted.values) v = static_cast<float>(truth(static_cast<double>(v)));
  SolverOptions squared = quick(500);
  SolverOptions cubic = squared;
  cubic.cost = [](const float* a, const float* b, std::int64_t, float* gradient) {
    const double d = static_cast<double>(b[0]) - static_cast<double>(a[0]);
    if (gradient != nullptr) gradient[0] = static_cast<float>(3.0 * d * std::abs(d));
    return std::abs(d * d * d);
  };
  for (const SolverOptions& options : {squared, cubic}) {
    const Fit fit =
        fit_enot(Sampler(source, 5, "source"), Sampler(target, 5, "target"), options, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    const double uvp = l2_uvp(fit.map.apply(x), wanted, total_variance(target));
    std::printf("  %s cost: L2-UVP %.3f %%\n", options.cost ? "cubic" : "squared", uvp);
    EXPECT_LT(uvp, 3.0);
  }
}

TEST(Enot, EqualSidesGiveNearlyTheIdentity) {
  const GaussianLaw law(6, 105);
  for (const bool start : {false, true}) {
    SolverOptions options = quick(300);
    const Rows sample = drawn(law, 5000);
    if (start) options.start = fit_gaussian(sample, sample);
    const Fit fit =
        fit_enot(Sampler(sample, 5, "source"), Sampler(sample, 5, "target"), options, context_of());
    ASSERT_TRUE(fit.summary.usable);
    const Rows x = drawn(law, 3000);
    const double uvp = l2_uvp(fit.map.apply(x), x, total_variance(x));
    std::printf("  %s start: L2-UVP to the identity %.3f %%\n", start ? "affine" : "identity", uvp);
    EXPECT_LT(uvp, 1.5);
  }
}

TEST(Enot, UntrainedNetworksAreTheStartExactly) {
  const Rows x = test::correlated_rows(3000, 5, 31);
  const Rows y = test::correlated_rows(3000, 5, 32);
  SolverOptions options = quick(1);
  options.map_adam.rate = options.potential_adam.rate = 1e-30;
  for (const MapKind kind : {MapKind::Free, MapKind::Potential}) {
    options.map_kind = kind;
    const auto fit = [&] {
      return fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of()).map;
    };
    options.start.reset();
    EXPECT_EQ(fit().apply(x), x);  // the identity, bit for bit
    options.start = fit_gaussian(x, x);
    options.start_kind = StartKind::Base;
    EXPECT_EQ(fit().apply(x), x);
    options.start = fit_gaussian(x, y);
    const Rows wanted = options.start->apply(x);
    for (const StartKind how : {StartKind::Base, StartKind::Compose}) {
      options.start_kind = how;
      EXPECT_LT(round_trip_error(wanted, fit().apply(x)), 1e-6);
    }
  }
}

TEST(Enot, AnAffineStartIsKeptWhereItIsTheAnswer) {
  // With the potential's base in place a Gaussian start must not be pulled away in the first steps.
  const GaussianLaw source(4, 106);
  const GaussianLaw target(4, 206);
  SolverOptions options = quick(100);
  options.map_average = 0.0;
  options.start = gaussian_map(source.moments(), target.moments());
  const Rows x = drawn(source, 3000);
  const Rows wanted = options.start->apply(x);
  for (const StartKind how : {StartKind::Base, StartKind::Compose}) {
    options.start_kind = how;
    const Fit fit =
        fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
    const double uvp = l2_uvp(fit.map.apply(x), wanted, total_variance(wanted));
    std::printf("  %s: L2-UVP after 100 steps %.3f %%\n", how == StartKind::Base ? "base" : "compose", uvp);
    EXPECT_LT(uvp, 3.0);
  }
}

TEST(Enot, ContextIsReadAndNeverMoved) {
  // y = x + 2 sign(c): without reading c the best map is the identity in law.
  core::Random random(9);
  Rows source(8000, 3);
  Rows target(8000, 3);
  for (Rows* side : {&source, &target}) {
    for (std::int64_t i = 0; i < side->count; ++i) {
      const double c = random.uniform(-1.0, 1.0);
      const double shift = side == &target ? 2.0 * c : 0.0;
      side->row(i)[0] = static_cast<float>(random.normal() * 0.5 + shift);
      side->row(i)[1] = static_cast<float>(random.normal() * 0.5);
      side->row(i)[2] = static_cast<float>(c);
    }
  }
  SolverOptions options = quick(600);
  options.context_dims = 1;
  options.expectile_weight = 0.0;
  const Fit fit = fit_enot(Sampler(source, 5, "source"), Sampler(target, 5, "target"), options, context_of());
  ASSERT_TRUE(fit.summary.usable);
  EXPECT_EQ(fit.map.context_dims(), 1);
  const Rows mapped = fit.map.apply(source);
  double error = 0.0;
  for (std::int64_t i = 0; i < source.count; ++i) {
    ASSERT_EQ(mapped.at(i, 2), source.at(i, 2));
    const float wanted = source.at(i, 0) + 2.0F * source.at(i, 2);
    error += std::pow(static_cast<double>(mapped.at(i, 0) - wanted), 2) / static_cast<double>(source.count);
  }
  std::printf("  mean squared error %.4f of 1.33 without context\n", error);
  EXPECT_LT(error, 0.1);
}

TEST(Enot, CostWeightsGiveTheWeightedGaussianMap) {
  const GaussianLaw source(2, 107);
  const GaussianLaw target(2, 207);
  GaussianOptions weighted;
  weighted.cost_weights = {1.0, 9.0};
  SolverOptions options = quick(600);
  options.cost_weights = weighted.cost_weights;
  options.expectile_weight = 0.0;
  const Fit fit =
      fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
  const Rows x = drawn(source, 4000);
  const Rows wanted = gaussian_map(source.moments(), target.moments(), weighted).apply(x);
  EXPECT_LT(l2_uvp(fit.map.apply(x), wanted, total_variance(wanted)), 2.0);
}

TEST(Enot, SameSeedSameBytesForEveryThreadCount) {
  const Rows x = test::correlated_rows(3000, 5, 41);
  const Rows y = test::correlated_rows(3000, 5, 42);
  const SolverOptions options = quick(12, 700);  // a batch that leaves a short last part
  const auto fit = [&](std::uint64_t seed, int threads) {
    return fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of(seed, threads));
  };
  const Fit first = fit(1, 1);
  EXPECT_EQ(bytes_of(fit(1, 1).map), bytes_of(first.map));
  EXPECT_EQ(bytes_of(fit(1, 3).map), bytes_of(first.map));
  EXPECT_NE(bytes_of(fit(2, 1).map), bytes_of(first.map));
  EXPECT_EQ(first.map.apply(x, 1), first.map.apply(x, 3));
}

TEST(Enot, WithoutExpectileWeightTauDoesNotMatter) {
  const Rows x = test::correlated_rows(3000, 3, 43);
  const Rows y = test::correlated_rows(3000, 3, 44);
  SolverOptions options = quick(10);
  options.expectile_weight = 0.0;
  options.expectile = 1.0;
  const auto fit = [&] {
    return bytes_of(fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of()).map);
  };
  const std::string plain = fit();
  options.expectile = 0.9;
  EXPECT_EQ(fit(), plain);
  options.expectile_weight = 0.1;
  EXPECT_NE(fit(), plain);
}

TEST(Enot, SavedAndLoadedMapsGiveIdenticalBits) {
  const Rows x = test::correlated_rows(2500, 5, 45);
  const Rows y = test::correlated_rows(2500, 5, 46);
  SolverOptions options = quick(10);
  GaussianOptions gaussian;
  gaussian.context_dims = options.context_dims = 1;
  gaussian.condition_on_context = true;
  options.start = fit_gaussian(x, y, gaussian);
  options.potential_network.quadratic = options.map_network.quadratic = true;
  for (const MapKind kind : {MapKind::Free, MapKind::Potential}) {
    for (const StartKind how : {StartKind::Base, StartKind::Compose}) {
      options.map_kind = kind;
      options.start_kind = how;
      const FittedMap map = fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of())
                                .map.with_strength(0.7);
      const std::string bytes = bytes_of(map);
      const FittedMap loaded = FittedMap::from_tensors(core::from_safetensors(bytes));
      EXPECT_EQ(bytes_of(loaded), bytes);
      EXPECT_EQ(loaded.apply(x), map.apply(x));
      EXPECT_EQ(loaded.context_dims(), 1);
    }
  }
  core::TensorFile damaged =
      fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of()).map.to_tensors();
  damaged.tensors.erase("1.parameters");
  EXPECT_NE(error_of([&] { (void)FittedMap::from_tensors(damaged); }).find("input:"), std::string::npos);
  damaged.metadata["1.hidden"] = "999999,2";
  EXPECT_NE(error_of([&] { (void)FittedMap::from_tensors(damaged); }), "");
}

TEST(FittedMap, StrengthAndChains) {
  const Rows x = test::correlated_rows(1500, 4, 47);
  const FittedMap map(fit_gaussian(x, test::correlated_rows(1500, 4, 48)));
  EXPECT_EQ(FittedMap(4).apply(x), x);
  EXPECT_EQ(map.with_strength(0.0).apply(x), x);
  EXPECT_EQ(map.with_strength(1.0).apply(x), map.apply(x));
  const Rows full = map.displacement(x);
  const Rows half = map.with_strength(0.5).displacement(x);
  for (std::size_t i = 0; i < full.values.size(); ++i)
    ASSERT_NEAR(half.values[i], 0.5F * full.values[i], 1e-5);
  EXPECT_EQ(FittedMap::compose(map, map).apply(x), map.apply(map.apply(x)));
  EXPECT_NE(error_of([&] { (void)map.apply(normal_rows(3, 2, 1)); }), "");
}

TEST(Enot, RefusesPairedStreamsAndBadInput) {
  const Rows x = normal_rows(100, 3, 51);
  const Rows y = normal_rows(100, 3, 52);
  const SolverOptions options = quick(5);
  EXPECT_NE(error_of([&] {
              (void)fit_enot(Sampler(x, 5, "rows"), Sampler(y, 5, "rows"), options, context_of());
            }).find("paired rows"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              (void)fit_enot(Sampler(x, 5, "source"), Sampler(normal_rows(9, 2, 1), 5, "target"), options,
                             context_of());
            }).find("columns"),
            std::string::npos);
}

TEST(Enot, BadOptionsAreNamed) {
  const auto problem = [](auto change) {
    SolverOptions options;
    change(options);
    return options.problem(4);
  };
  EXPECT_EQ(SolverOptions().problem(4), "");
  EXPECT_NE(problem([](auto& o) { o.expectile = 0.2; }).find("expectile"), std::string::npos);
  EXPECT_NE(problem([](auto& o) { o.expectile_weight = std::nan(""); }).find("expectile_weight"),
            std::string::npos);
  EXPECT_NE(problem([](auto& o) { o.context_dims = 4; }).find("context_dims"), std::string::npos);
  EXPECT_NE(problem([](auto& o) { o.bidirectional = true; }).find("bidirectional"), std::string::npos);
  EXPECT_NE(problem([](auto& o) { o.map_network.hidden.clear(); }).find("map_network"), std::string::npos);
  EXPECT_NE(problem([](auto& o) { o.cost_weights = {1, 1, 0, 1}; }).find("cost_weights"), std::string::npos);
  EXPECT_NE(problem([](auto& o) { o.start = AffineMap::identity(3); }).find("start"), std::string::npos);
  // A start that is no gradient in the cost's coordinates.
  const Rows x = test::correlated_rows(200, 2, 53);
  SolverOptions options = quick(1);
  options.start = AffineMap::identity(2);
  options.start->matrix = {0.0, -1.0, 1.0, 0.0};
  EXPECT_NE(error_of([&] {
              (void)fit_enot(Sampler(x, 5, "source"), Sampler(x, 5, "target"), options, context_of());
            }).find("Compose"),
            std::string::npos);
}

TEST(Enot, DivergenceIsSaidAndTheStartComesBack) {
  const Rows x = normal_rows(500, 3, 54);
  Rows y = normal_rows(500, 3, 55);
  for (float& v : y.values) v += 3.0F;
  SolverOptions options = quick(200);
  options.map_adam.rate = options.potential_adam.rate = 1e6;
  const Fit fit = fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of());
  EXPECT_FALSE(fit.summary.usable);
  EXPECT_NE(fit.summary.ended.find("diverged"), std::string::npos);
  EXPECT_EQ(fit.map.apply(x), x);
}

TEST(Enot, StopsWhenAskedAndReportsProgress) {
  class Sink : public core::ProgressSink {
   public:
    void report(double fraction, const std::string& /*label*/) override {
      EXPECT_GE(fraction, last);
      last = fraction;
      if (stop_at_half && fraction >= 0.5) source.request_stop();
    }
    double last = 0.0;
    bool stop_at_half = false;
    std::stop_source source;
  };
  const Rows x = normal_rows(500, 3, 56);
  SolverOptions options = quick(40);
  options.log_every = 10;
  auto sink = std::make_shared<Sink>();
  core::Context context = context_of();
  context.progress = core::Progress(sink);
  const Fit fit = fit_enot(Sampler(x, 5, "source"), Sampler(x, 5, "target"), options, context);
  EXPECT_EQ(sink->last, 1.0);
  ASSERT_EQ(fit.summary.log.size(), 4U);
  EXPECT_EQ(fit.summary.log.back().step, 40);

  auto stopping = std::make_shared<Sink>();
  stopping->stop_at_half = true;
  context.progress = core::Progress(stopping);
  context.stop = stopping->source.get_token();
  const std::string error =
      error_of([&] { (void)fit_enot(Sampler(x, 5, "source"), Sampler(x, 5, "target"), options, context); });
  EXPECT_EQ(error.substr(0, 9), "cancelled");
  EXPECT_LT(stopping->last, 1.0);
}

TEST(Enot, BenchmarkBeatsTheAffineMapInSeconds) {
  ISOSCAN_REAL_DATA_OR_SKIP(folder);
  for (const int dim : {2, 8}) {
    const test::W2Problem benchmark(folder / "w2benchmark", dim);
    core::Random source_random(7, "source");
    core::Random target_random(7, "target");
    Rows xs(1 << 14, dim);
    Rows ys(1 << 14, dim);
    Rows held_out(1 << 12, dim);
    benchmark.draw_source(source_random, xs);
    benchmark.draw_source(source_random, held_out);
    benchmark.draw_target(target_random, ys);
    const Rows truth = benchmark.map(held_out);
    SolverOptions options = quick(400, 512);
    options.expectile_weight = 0.0;
    const Fit fit = fit_enot(Sampler(xs, 7, "source"), Sampler(ys, 7, "target"), options, context_of());
    const double uvp = l2_uvp(fit.map.apply(held_out), truth, benchmark.target_variance());
    const double affine = l2_uvp(fit_gaussian(xs, ys).apply(held_out), truth, benchmark.target_variance());
    std::printf("  D = %d: affine %.2f, ENOT %.2f after %.1f s\n", dim, affine, uvp, fit.summary.seconds);
    EXPECT_LT(uvp, 0.75 * affine);
  }
}

}  // namespace
}  // namespace isoscan::transport
