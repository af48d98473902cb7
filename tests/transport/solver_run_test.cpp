// What surrounds the step: sides, corrections, schedules, mass that differs, stop rules, checkpoints.
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/test/support.hpp"
#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/recipe.hpp"
#include "isoscan/transport/solver.hpp"

#include "transport_matchers.hpp"

namespace isoscan::transport {
namespace {

using test::bytes_of;
using test::context_of;
using test::drawn;
using test::error_of;
using test::GaussianLaw;
using test::law_sampler;
using test::normal_rows;
using test::quick;

/// L2-UVP against the closed form of two Gaussians.
double gaussian_uvp(const FittedMap& map, const GaussianLaw& source, const GaussianLaw& target) {
  const Rows x = drawn(source, 4000);
  const Rows wanted = gaussian_map(source.moments(), target.moments()).apply(x);
  return l2_uvp(map.apply(x), wanted, total_variance(wanted));
}

TEST(PotentialSide, SourceGivesTheMapAsAGradientAndTheWayBack) {
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  SolverOptions options = quick(500);
  options.potential_side = PotentialSide::Source;
  options.correct_conjugate = true;
  options.potential_network.quadratic = true;
  const Fit fit =
      fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
  ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
  ASSERT_TRUE(fit.inverse.has_value());
  const double there = gaussian_uvp(fit.map, source, target);
  const double back = gaussian_uvp(*fit.inverse, target, source);
  std::printf("  L2-UVP %.3f %% there, %.3f %% back\n", there, back);
  EXPECT_LT(there, 1.5);
  EXPECT_LT(back, 1.5);
  const FittedMap loaded = FittedMap::from_tensors(fit.map.to_tensors());
  const Rows x = normal_rows(500, 3, 5);
  EXPECT_EQ(loaded.apply(x), fit.map.apply(x));
  // A gradient of a function has a symmetric derivative.
  Rows points(7, 3);
  for (std::int64_t i = 0; i < 7; ++i) {
    for (std::int64_t d = 0; d < 3; ++d) points.row(i)[d] = 0.3F;
    if (i > 0) points.row(i)[(i - 1) / 2] += i % 2 == 1 ? 0.01F : -0.01F;
  }
  const Rows at = fit.map.apply(points);
  const auto slope = [&](std::int64_t by, std::int64_t of) {
    return (at.at(1 + 2 * by, of) - at.at(2 + 2 * by, of)) / 0.02F;
  };
  EXPECT_NEAR(slope(0, 1), slope(1, 0), 1e-2);
  EXPECT_NEAR(slope(0, 2), slope(2, 0), 1e-2);
  EXPECT_NEAR(slope(1, 2), slope(2, 1), 1e-2);
}

TEST(PotentialSide, UntrainedItIsTheStartOnBothWays) {
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  for (const StartKind kind : {StartKind::Base, StartKind::Symmetric}) {
    SolverOptions options = quick(1);
    options.potential_side = PotentialSide::Source;
    options.map_adam.rate = options.potential_adam.rate = 1e-12;
    options.start = gaussian_map(source.moments(), target.moments());
    options.start_kind = kind;
    const Fit fit =
        fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
    EXPECT_LT(gaussian_uvp(fit.map, source, target), 1e-6);
    EXPECT_LT(gaussian_uvp(*fit.inverse, target, source), 1e-6);
  }
}

TEST(StartKind, InSymmetricCoordinatesTheAnswerIsTheSame) {
  // From a start that is optimal for its own pair of Gaussians, and not the answer here.
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  const std::vector<double> weights = {1.0, 3.0, 0.5};
  GaussianOptions gaussian;
  gaussian.cost_weights = weights;
  const AffineMap truth = gaussian_map(source.moments(), target.moments(), gaussian);
  const Rows x = drawn(source, 4000);
  const Rows wanted = truth.apply(x);
  SolverOptions options = quick(500);
  options.cost_weights = weights;
  options.expectile_weight = 0.0;
  options.start = gaussian_map(GaussianLaw(3, 303).moments(), GaussianLaw(3, 403).moments(), gaussian);
  options.start_kind = StartKind::Symmetric;
  options.potential_network.quadratic = true;
  const double before = l2_uvp(options.start->apply(x), wanted, total_variance(wanted));
  for (const PotentialSide side : {PotentialSide::Target, PotentialSide::Source}) {
    options.potential_side = side;
    const Fit fit =
        fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    const double after = l2_uvp(fit.map.apply(x), wanted, total_variance(wanted));
    std::printf("  L2-UVP %.1f %% at the start, %.2f %% after\n", before, after);
    EXPECT_LT(after, 3.0);
    EXPECT_GT(before, 20.0);
  }
  AffineMap skew = *options.start;
  skew.matrix[1] += 0.5;
  options.start = skew;
  EXPECT_EQ(error_of([&] {
              (void)fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options,
                             context_of());
            }).substr(0, 6),
            "config");
}

TEST(Schedules, ARampThatDoesNotMoveChangesNothingAndOneThatDoesChangesTheFit) {
  const GaussianLaw source(2, 102);
  const GaussianLaw target(2, 202);
  SolverOptions options = quick(40);
  const auto fitted = [&](const SolverOptions& how) {
    return bytes_of(
        fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), how, context_of()).map);
  };
  const std::string fixed = fitted(options);
  SolverOptions still = options;
  still.expectile_last = options.expectile;
  still.expectile_weight_last = options.expectile_weight;
  EXPECT_EQ(fitted(still), fixed);
  SolverOptions tau = options;
  tau.expectile_last = 0.6;
  EXPECT_NE(fitted(tau), fixed);
  SolverOptions lambda = options;
  lambda.expectile_weight_last = 0.0;
  EXPECT_NE(fitted(lambda), fixed);
}

TEST(CostPower, OneDimensionIsMonotoneRearrangementForEveryPower) {
  // N(0,1) to N(2, 0.5^2): T(x) = 2 + x / 2 for every power above 1.
  for (const double power : {1.5, 3.0}) {
    SolverOptions options = quick(600);
    options.cost_power = power;
    options.expectile_weight = 0.0;
    const Sampler source(
        1,
        [](core::Random& random, Rows& out) {
          for (float& v : out.values) v = static_cast<float>(random.normal());
        },
        3, "source");
    const Sampler target(
        1,
        [](core::Random& random, Rows& out) {
          for (float& v : out.values) v = static_cast<float>(2.0 + 0.5 * random.normal());
        },
        3, "target");
    const Fit fit = fit_enot(source, target, options, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    const Rows x = normal_rows(2000, 1, 9);
    Rows wanted = x;
    for (float& v : wanted.values) v = 2.0F + 0.5F * v;
    const double uvp = l2_uvp(fit.map.apply(x), wanted, 0.25);
    std::printf("  power %.1f: L2-UVP %.2f %%\n", power, uvp);
    EXPECT_LT(uvp, 5.0);
  }
}

TEST(Unbalanced, RowsThatOnlyFarMassCouldServeAreLetGo) {
  // A fifth of the target lies far away. Balanced, the map must serve it; with a price it need not.
  const auto source_rows = normal_rows(4000, 1, 11);
  Rows target_rows = normal_rows(4000, 1, 12);
  for (std::int64_t i = 0; i < target_rows.count; ++i) target_rows.row(i)[0] += i % 5 == 0 ? 12.0F : 1.0F;
  double shift[2];
  for (const bool unbalanced : {false, true}) {
    SolverOptions options = quick(600);
    options.expectile_weight = 0.0;
    options.standardise = false;
    options.unbalanced = unbalanced ? 3.0 : 0.0;
    const Fit fit =
        fit_enot(Sampler(source_rows, 5, "source"), Sampler(target_rows, 5, "target"), options, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    const Rows moved = fit.map.apply(source_rows);
    double far = 0.0;
    for (const float v : moved.values) far += v > 6.0F ? 1.0 : 0.0;
    shift[unbalanced ? 1 : 0] = far / static_cast<double>(moved.count);
  }
  std::printf("  share sent far away: %.3f balanced, %.3f unbalanced\n", shift[0], shift[1]);
  EXPECT_GT(shift[0], 0.1);
  EXPECT_LT(shift[1], 0.02);
}

TEST(StopRules, SettledObserverAndGivenUp) {
  const GaussianLaw law(2, 102);
  SolverOptions options = quick(2000);
  options.start = gaussian_map(law.moments(), law.moments());
  options.stop_tolerance = 0.9;
  options.stop_patience = 2;
  Fit fit =
      fit_enot(law_sampler(law, "source"), law_sampler(GaussianLaw(2, 202), "target"), options, context_of());
  EXPECT_TRUE(fit.summary.usable);
  EXPECT_EQ(fit.summary.ended.substr(0, 7), "settled");
  EXPECT_LT(fit.summary.steps, 2000);

  options.stop_tolerance = 0.0;
  SolverRun run;
  int seen = 0;
  run.observe = [&](const StepRecord& record) {
    ++seen;
    return record.step >= 60 ? Verdict::GoodEnough : Verdict::GoOn;
  };
  fit = fit_enot(law_sampler(law, "source"), law_sampler(law, "target"), options, context_of(), run);
  EXPECT_TRUE(fit.summary.usable);
  EXPECT_EQ(fit.summary.steps, 60);
  EXPECT_EQ(seen, 3);

  run.observe = [](const StepRecord&) { return Verdict::GiveUp; };
  fit = fit_enot(law_sampler(law, "source"), law_sampler(law, "target"), options, context_of(), run);
  EXPECT_FALSE(fit.summary.usable);
  EXPECT_EQ(fit.summary.steps, 20);
  const Rows x = normal_rows(10, 2, 3);
  EXPECT_EQ(fit.map.apply(x), options.start->apply(x));
}

TEST(Divergence, AMapThatRunsAwayIsRefusedThoughItsLossesAreFinite) {
  // Seen with potentials on the source and too high a rate: the dual looked sane, the map was off by a
  // thousand times the target's spread.
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  SolverOptions options = quick(60);
  options.potential_side = PotentialSide::Source;
  options.potential_network.quadratic = true;
  options.start = gaussian_map(source.moments(), target.moments());
  options.map_steps = 1;
  options.expectile_weight = 0.0;
  options.potential_adam.rate = 0.3;
  options.map_adam.rate = 1e-5;
  const Fit fit =
      fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
  EXPECT_FALSE(fit.summary.usable);
  EXPECT_EQ(fit.summary.ended.substr(0, 8), "diverged") << fit.summary.ended;
  EXPECT_FALSE(fit.inverse.has_value());
  const Rows x = normal_rows(10, 3, 3);
  EXPECT_EQ(fit.map.apply(x), options.start->apply(x));
}

TEST(StrongOptions, ColumnsOfUnlikeScaleAreFittedToo) {
  // The correction and the refusal of runaway maps must not depend on the units of a column.
  const std::vector<double> scales{1.0, 300.0, 1.0 / 300.0};
  for (const bool strong : {false, true}) {
    SolverOptions options = strong ? strong_options(3) : quick(150);
    options.steps = 150;
    options.batch = 256;
    options.correct_conjugate = true;
    const auto scaled_rows = [&](double spread, double shift) {
      Rows rows = normal_rows(4000, 3, 5 + static_cast<std::uint64_t>(shift));
      for (std::int64_t i = 0; i < rows.count; ++i)
        for (std::size_t d = 0; d < 3; ++d) {
          float& value = rows.row(i)[d];
          value = static_cast<float>(scales[d] * (spread * static_cast<double>(value) + shift));
        }
      return rows;
    };
    const Rows from = scaled_rows(1.0, 0.0);
    const Rows to = scaled_rows(1.5, 1.0);
    options.start = fit_gaussian(from, to);  // as fit_map does
    const Fit fit = fit_enot(Sampler(from, 1, "source"), Sampler(to, 1, "target"), options, context_of());
    EXPECT_TRUE(fit.summary.usable) << "strong " << strong << ": " << fit.summary.ended;
    const Rows x = normal_rows(500, 3, 77);
    Rows scaled = x;
    for (std::int64_t i = 0; i < x.count; ++i)
      for (std::size_t d = 0; d < 3; ++d) scaled.row(i)[d] *= static_cast<float>(scales[d]);
    const Rows moved = fit.map.apply(scaled);
    // Judged in units of the cost. It hardly sees a column 300 times smaller than another: what is left there
    // after so few steps is noise, which rounding decides (docs/transport.md, "Columns of unlike scale").
    double error = 0.0;
    double way = 0.0;
    for (std::int64_t i = 0; i < x.count; ++i)
      for (std::size_t d = 0; d < 3; ++d) {
        const double wanted = scales[d] * (1.5 * static_cast<double>(x.row(i)[d]) + 1.0);
        error += std::pow(static_cast<double>(moved.row(i)[d]) - wanted, 2);
        way += std::pow(static_cast<double>(scaled.row(i)[d]) - wanted, 2);
      }
    EXPECT_LT(error / way, 0.02) << "strong " << strong;  // measured .002
  }
}

TEST(StrongOptions, AreUsableForEveryWidthOfTable) {
  for (const std::int64_t dim : {1, 2, 4, 5, 16, 17, 64, 300}) {
    EXPECT_EQ(strong_options(dim).problem(dim), "") << dim;
    if (dim > 1) {
      EXPECT_EQ(strong_options(dim, 1).problem(dim), "") << dim;
    }
  }
}

TEST(FullRateSteps, ALongRunGoesAtALowerRateAndAShortOneAsBefore) {
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  const auto map_at = [&](double rate, int full_rate_steps) {
    SolverOptions options = quick(40);
    options.map_adam.rate = options.potential_adam.rate = rate;
    options.map_adam.full_rate_steps = options.potential_adam.full_rate_steps = full_rate_steps;
    return bytes_of(
        fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of()).map);
  };
  EXPECT_EQ(map_at(2e-3, 40), map_at(2e-3, 0));
  EXPECT_EQ(map_at(2e-3, 10), map_at(1e-3, 0));
}

TEST(Divergence, NumbersWhoseSquaresOverflowAreSaidSoInTheEigenbasisToo) {
  Rows x = normal_rows(600, 3, 1);
  Rows y = normal_rows(600, 3, 2);
  for (Rows* rows : {&x, &y})
    for (std::int64_t i = 0; i < rows->count; ++i) {
      rows->row(i)[0] *= 1e20F;
      rows->row(i)[2] *= 1e-20F;
    }
  SolverOptions options = strong_options(3);
  options.steps = 20;
  const Fit fit = fit_enot(Sampler(x, 1, "source"), Sampler(y, 1, "target"), options, context_of());
  if (!fit.summary.usable) {
    EXPECT_EQ(fit.summary.ended.substr(0, 8), "diverged") << fit.summary.ended;
  }
}

TEST(Checkpoint, OtherRowsBehindTheSameStreamAreAnotherFit) {
  SolverOptions options = quick(60);
  core::TensorFile checkpoint;
  SolverRun keep;
  keep.save_every = 20;
  keep.save = [&](const core::TensorFile& file) { checkpoint = file; };
  const Sampler target(normal_rows(500, 3, 2), 1, "target");
  (void)fit_enot(Sampler(normal_rows(500, 3, 1), 1, "source"), target, options, context_of(), keep);
  SolverRun resume;
  resume.resume = &checkpoint;
  EXPECT_EQ(error_of([&] {
              (void)fit_enot(Sampler(normal_rows(500, 3, 9), 1, "source"), target, options, context_of(),
                             resume);
            }).substr(0, 6),
            "config");
}

TEST(Checkpoint, ResumedEqualsUninterrupted) {
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  for (const bool both_ways : {false, true}) {
    SolverOptions options = quick(100);
    options.expectile_weight_last = 0.0;
    if (both_ways) {
      options.bidirectional = true;
      options.map_kind = MapKind::Potential;
    } else {
      options.potential_side = PotentialSide::Source;
      options.correct_conjugate = true;
      options.batch_candidates = true;
      options.map_adam.basis_every = options.potential_adam.basis_every = 7;
    }
    const auto fitted = [&](const SolverRun& run) {
      return fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of(),
                      run);
    };
    std::string saved;
    SolverRun keep;
    keep.save_every = 30;  // rounded up to the next record: 40, 80
    keep.save = [&](const core::TensorFile& file) {
      if (saved.empty()) saved = core::to_safetensors(file);
    };
    const Fit whole = fitted(keep);
    ASSERT_FALSE(saved.empty());
    const core::TensorFile checkpoint = core::from_safetensors(saved);
    SolverRun resume;
    resume.resume = &checkpoint;
    const Fit again = fitted(resume);
    EXPECT_EQ(bytes_of(again.map), bytes_of(whole.map));
    EXPECT_EQ(bytes_of(*again.inverse), bytes_of(*whole.inverse));
    ASSERT_EQ(again.summary.log.size(), whole.summary.log.size());
    for (std::size_t i = 0; i < whole.summary.log.size(); ++i)
      EXPECT_EQ(again.summary.log[i].dual, whole.summary.log[i].dual);
    EXPECT_EQ(bytes_of(fitted({}).map), bytes_of(whole.map)) << "saving must not change the run";

    options.batch = 128;
    EXPECT_EQ(error_of([&] { (void)fitted(resume); }).substr(0, 6), "config");
    core::TensorFile damaged = checkpoint;
    damaged.tensors["map.parameters"].bytes[5] ^= 1;
    resume.resume = &damaged;
    options.batch = 256;
    EXPECT_EQ(error_of([&] { (void)fitted(resume); }).substr(0, 5), "input");
  }
}

TEST(SolverOptions, NewOnesAreJudged) {
  const auto problem = [](const auto& change) {
    SolverOptions options;
    change(options);
    return options.problem(3);
  };
  EXPECT_EQ(problem([](SolverOptions&) {}), "");
  EXPECT_NE(problem([](SolverOptions& o) { o.expectile_last = 1.5; }).find("expectile_last"),
            std::string::npos);
  EXPECT_NE(problem([](SolverOptions& o) { o.cost_power = 1.0; }).find("cost_power"), std::string::npos);
  EXPECT_NE(problem([](SolverOptions& o) { o.unbalanced = -1.0; }).find("unbalanced"), std::string::npos);
  EXPECT_NE(problem([](SolverOptions& o) {
              o.potential_side = PotentialSide::Source;
              o.map_kind = MapKind::Potential;
            }).find("potential_side"),
            std::string::npos);
  EXPECT_NE(problem([](SolverOptions& o) {
              o.correct_conjugate = true;
              o.cost_power = 3.0;
            }).find("correct_conjugate"),
            std::string::npos);
}

}  // namespace
}  // namespace isoscan::transport
