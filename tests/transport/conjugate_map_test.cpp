// Exact conjugates as maps, and as the solver's last step: closed forms, no row made worse, decisions by rows
// that were held out.
#include <cmath>
#include <cstdio>
#include <set>

#include <gtest/gtest.h>

#include "isoscan/transport/metrics.hpp"
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

SolverOptions unaveraged(int steps) {
  SolverOptions options = test::quick(steps);
  options.map_average = 0.0;
  return options;
}

TEST(ConjugateMap, OfAGaussianPotentialIsTheClosedFormFromAnyStart) {
  const std::vector<double> weights{1.0, 3.0, 0.5};
  const Rows x = test::correlated_rows(3000, 4, 31);
  const Rows y = test::correlated_rows(3000, 4, 32);
  GaussianOptions gaussian;
  gaussian.context_dims = 1;
  gaussian.condition_on_context = true;
  gaussian.cost_weights = weights;
  const AffineMap truth = fit_gaussian(x, y, gaussian);
  SolverOptions options = unaveraged(1);
  options.map_adam.rate = options.potential_adam.rate = 1e-30;
  options.context_dims = 1;
  options.cost_weights = weights;
  options.start = truth;
  for (const bool on_source : {false, true}) {
    for (const StartKind kind : {StartKind::Base, StartKind::Symmetric}) {
      options.start_kind = kind;
      options.potential_side = on_source ? PotentialSide::Source : PotentialSide::Target;
      const Fit fit = fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of());
      const FittedPotential& potential = on_source ? *fit.source_potential : *fit.target_potential;
      const FittedMap exact(on_source ? truth.inverse() : truth);
      const Rows& from = on_source ? y : x;
      const Rows wanted = exact.apply(from);
      const FittedMap found =
          conjugate_map(potential, FittedMap(AffineMap::identity(4, 1)), {.iterations = 60});
      EXPECT_GT(round_trip_error(wanted, from), 0.3);
      EXPECT_LT(round_trip_error(wanted, found.apply(from)), 1e-3);
      EXPECT_EQ(found.context_dims(), 1);
      const Rows moved = found.apply(from, 3);
      EXPECT_EQ(moved, found.apply(from));
      for (std::int64_t r = 0; r < from.count; ++r) ASSERT_EQ(moved.at(r, 3), from.at(r, 3));
      // Where the start is the answer nothing moves, bit for bit.
      EXPECT_EQ(conjugate_map(potential, exact).apply(from), wanted);
    }
  }
}

TEST(ConjugateMap, OfATrainedPotentialMeetsItsConditionAndMakesNoRowWorse) {
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  SolverOptions options = unaveraged(150);
  for (const StartKind kind : {StartKind::Base, StartKind::Symmetric, StartKind::Compose}) {
    options.start_kind = kind;
    options.start = gaussian_map(GaussianLaw(3, 303).moments(), GaussianLaw(3, 403).moments());
    const Fit fit =
        fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    const FittedPotential& potential = *fit.target_potential;
    const FittedMap exact = conjugate_map(potential, fit.map, {.iterations = 100});
    const Rows x = drawn(source, 2000);
    const Rows from = kind == StartKind::Compose ? options.start->apply(x) : x;
    const Rows y = exact.apply(x);
    const Rows slope = potential.gradient(y);
    const auto distance_of = [&](const Rows& points, const Rows& gradient) {
      double sum = 0.0;
      for (std::size_t i = 0; i < points.values.size(); ++i)
        sum += std::pow(2.0 * static_cast<double>(points.values[i] - from.values[i]) -
                            static_cast<double>(gradient.values[i]),
                        2);
      return std::sqrt(sum / static_cast<double>(points.count));
    };
    const Rows before = fit.map.apply(x);
    const double first = distance_of(before, potential.gradient(before));
    const double last = distance_of(y, slope);
    std::printf("  first-order condition missed by %.4f before, %.5f after\n", first, last);
    EXPECT_GT(first, 0.02);
    EXPECT_LT(last, 0.02 * first);
    const std::vector<double> high = potential.transform(x, fit.map);
    const std::vector<double> low = potential.transform(x, exact);
    for (std::size_t i = 0; i < high.size(); ++i)
      EXPECT_LE(low[i], high[i] + 1e-4 * (1.0 + std::abs(high[i])));
  }
}

TEST(ConjugateMap, SavedLoadedScaledAndChainedAsAnyMap) {
  const Rows x = test::correlated_rows(2100, 4, 35);  // more than one chunk of rows
  const Rows y = test::correlated_rows(2100, 4, 36);
  SolverOptions options = unaveraged(10);
  options.context_dims = 1;
  GaussianOptions gaussian;
  gaussian.context_dims = 1;
  options.start = fit_gaussian(x, y, gaussian);
  for (const StartKind kind : {StartKind::Base, StartKind::Symmetric, StartKind::Compose}) {
    options.start_kind = kind;
    const Fit fit = fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of());
    const FittedMap exact = conjugate_map(*fit.target_potential, fit.map);
    EXPECT_EQ(exact.apply(x, 1), exact.apply(x, 3));
    const FittedMap chain = FittedMap::compose(exact.with_strength(0.5), FittedMap(*options.start));
    for (const FittedMap& map : {exact, chain}) {
      const std::string bytes = bytes_of(map);
      const FittedMap loaded = FittedMap::from_tensors(core::from_safetensors(bytes));
      EXPECT_EQ(bytes_of(loaded), bytes);
      EXPECT_EQ(loaded.apply(x), map.apply(x));
      EXPECT_EQ(loaded.context_dims(), 1);
    }
    const auto said = [&](const auto& damage) {
      core::TensorFile file = exact.to_tensors();
      damage(file);
      return error_of([&] { (void)FittedMap::from_tensors(file); });
    };
    ASSERT_EQ(said([](core::TensorFile&) {}), "");
    EXPECT_NE(said([](auto& f) { f.metadata["0.iterations"] = "0"; }).find("iterations"), std::string::npos);
    EXPECT_NE(said([](auto& f) { f.metadata["0.tolerance"] = "0"; }).find("tolerance"), std::string::npos);
    EXPECT_NE(said([](auto& f) { f.metadata.erase("0.start.dim"); }).find("start"), std::string::npos);
    EXPECT_NE(said([](auto& f) {
                f.metadata["0.potential.squared_cost"] = "0";
                f.metadata["0.potential.own"] = "0";
              }).find("squared"),
              std::string::npos);
    EXPECT_NE(error_of([&] { (void)conjugate_map(*fit.target_potential, FittedMap(4)); }), "")
        << "a start that moves the context";
    EXPECT_NE(
        error_of([&] { (void)conjugate_map(*fit.target_potential, fit.map, {.memory = 0}); }).find("memory"),
        std::string::npos);
  }
}

/// A fit in which one of the networks was shaken away from the Gaussian answer, and the other stayed there.
Fit shaken(bool map, ExactConjugate how, PotentialSide side, int threads = 1) {
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  SolverOptions options = unaveraged(8);
  options.start = gaussian_map(source.moments(), target.moments());
  options.map_adam.rate = map ? 0.05 : 1e-30;
  options.potential_adam.rate = map ? 1e-30 : 0.004;
  options.map_adam.final_fraction = options.potential_adam.final_fraction = 1.0;
  options.map_steps = 1;
  options.potential_side = side;
  options.exact_conjugate = how;
  return fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options,
                  context_of(1, threads));
}

double uvp(const FittedMap& map, bool inverse) {
  const GaussianLaw source(3, inverse ? 203 : 103);
  const GaussianLaw target(3, inverse ? 103 : 203);
  const Rows x = drawn(source, 4000);
  const Rows wanted = gaussian_map(source.moments(), target.moments()).apply(x);
  return l2_uvp(map.apply(x), wanted, total_variance(wanted));
}

TEST(ExactConjugate, IsKeptWhereItHelpsAndOnlyThere) {
  for (const PotentialSide side : {PotentialSide::Target, PotentialSide::Source}) {
    const bool inverse = side == PotentialSide::Source;
    const auto refined = [&](const Fit& fit) -> const FittedMap& { return inverse ? *fit.inverse : fit.map; };
    for (const bool map_is_off : {true, false}) {
      const Fit never = shaken(map_is_off, ExactConjugate::Never, side);
      const Fit decided = shaken(map_is_off, ExactConjugate::IfBetter, side);
      const Fit always = shaken(map_is_off, ExactConjugate::Always, side);
      ASSERT_TRUE(never.summary.usable) << never.summary.ended;
      EXPECT_TRUE(never.summary.refinements.empty());
      ASSERT_EQ(decided.summary.refinements.size(), 1U);
      ASSERT_EQ(always.summary.refinements.size(), 1U);
      const Refinement& result = decided.summary.refinements.front();
      const double before = uvp(refined(never), inverse);
      const double after = uvp(refined(always), inverse);
      std::printf("  %s off: L2-UVP %.3f %% -> %.3f %%; %s\n", map_is_off ? "map" : "potential", before,
                  after, result.why.c_str());
      EXPECT_EQ(result.inverse, inverse);
      EXPECT_EQ(result.batches, 32);
      EXPECT_GT(result.error, 0.0);
      EXPECT_TRUE(always.summary.refinements.front().kept);
      EXPECT_EQ(result.kept, map_is_off) << result.why;
      EXPECT_EQ(after < before, map_is_off);
      EXPECT_EQ(bytes_of(refined(decided)), bytes_of(refined(result.kept ? always : never)));
      // The other map is the potential's gradient: nothing to refine.
      if (inverse) {
        EXPECT_EQ(bytes_of(decided.map), bytes_of(never.map));
      }
    }
  }
  const Fit one = shaken(true, ExactConjugate::IfBetter, PotentialSide::Target, 1);
  const Fit three = shaken(true, ExactConjugate::IfBetter, PotentialSide::Target, 3);
  EXPECT_EQ(bytes_of(one.map), bytes_of(three.map));
  EXPECT_EQ(one.summary.refinements.front().after, three.summary.refinements.front().after);
}

TEST(ExactConjugate, BothMapsOfABidirectionalFitAreConsidered) {
  const GaussianLaw source(2, 102);
  const GaussianLaw target(2, 202);
  SolverOptions options = unaveraged(40);
  options.map_kind = MapKind::Potential;
  options.bidirectional = true;
  options.exact_conjugate = ExactConjugate::IfBetter;
  const Fit fit =
      fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
  ASSERT_EQ(fit.summary.refinements.size(), 2U);
  EXPECT_FALSE(fit.summary.refinements[0].inverse);
  EXPECT_TRUE(fit.summary.refinements[1].inverse);
}

TEST(ExactConjugate, NeedsTheSquaredCostAndRowsToHoldOut) {
  SolverOptions options = unaveraged(5);
  options.exact_conjugate = ExactConjugate::IfBetter;
  options.conjugate.iterations = 0;
  EXPECT_NE(options.problem(3).find("conjugate"), std::string::npos);
  options.conjugate = {};
  EXPECT_EQ(options.problem(3), "");
  options.cost_power = 3.0;
  EXPECT_NE(options.problem(3).find("exact_conjugate"), std::string::npos);
  options.cost_power = 2.0;
  EXPECT_NE(error_of([&] {
              (void)fit_enot(Sampler(normal_rows(1000, 3, 1), 5, "source"),
                             Sampler(normal_rows(5000, 3, 2), 5, "target"), options, context_of());
            }).find("config: sampler source has 1000 usable rows, and to hold some out it needs 1280"),
            std::string::npos);
}

TEST(ExactConjugate, AResumedRunEndsAsOneThatWasNotInterrupted) {
  const Rows x = test::correlated_rows(3000, 3, 41);
  const Rows y = test::correlated_rows(3000, 3, 42);
  SolverOptions options = unaveraged(60);
  options.exact_conjugate = ExactConjugate::IfBetter;
  std::string saved;
  SolverRun keep;
  keep.save_every = 20;
  keep.save = [&](const core::TensorFile& file) {
    if (saved.empty()) saved = core::to_safetensors(file);
  };
  const auto fitted = [&](const SolverRun& run) {
    return fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of(), run);
  };
  const Fit whole = fitted(keep);
  ASSERT_FALSE(saved.empty());
  const core::TensorFile checkpoint = core::from_safetensors(saved);
  SolverRun resume;
  resume.resume = &checkpoint;
  const Fit again = fitted(resume);
  EXPECT_EQ(bytes_of(again.map), bytes_of(whole.map));
  EXPECT_EQ(core::to_safetensors(again.target_potential->to_tensors()),
            core::to_safetensors(whole.target_potential->to_tensors()));
  ASSERT_EQ(again.summary.refinements.size(), 1U);
  EXPECT_EQ(again.summary.refinements[0].why, whole.summary.refinements[0].why);
  // Rows were set aside: the fit is another than that on all rows, and its checkpoint too.
  options.exact_conjugate = ExactConjugate::Never;
  EXPECT_EQ(error_of([&] { (void)fitted(resume); }).substr(0, 6), "config");
}

TEST(HoldOut, RowsAreDisjointFixedAndFollowTheWeights) {
  Rows rows(2000, 1);
  std::vector<float> weights;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    rows.row(i)[0] = static_cast<float>(i);
    weights.push_back(i % 4 == 0 ? 0.0F : 1.0F + static_cast<float>(i % 2));
  }
  for (const bool weighted : {false, true}) {
    const Sampler sampler = weighted ? Sampler(rows, 3, "rows", weights) : Sampler(rows, 3, "rows");
    const HeldOut held = hold_out(sampler, 5, 1000);
    ASSERT_EQ(held.batches.size(), 5U);
    std::set<float> seen;
    std::size_t count = 0;
    for (const Rows& batch : held.batches) {
      EXPECT_EQ(batch.count, weighted ? 30 : 40);
      std::set<float> here(batch.values.begin(), batch.values.end());
      count += here.size();
      seen.insert(here.begin(), here.end());
    }
    EXPECT_EQ(seen.size(), count) << "two batches share a row";
    Sampler rest = held.rest;
    const Rows left = rest.draw(20000);
    double odd = 0.0;
    for (const float v : left.values) {
      ASSERT_EQ(seen.count(v), 0U);
      odd += static_cast<int>(v) % 2 == 1 ? 1.0 / 20000.0 : 0.0;
      if (weighted) {
        ASSERT_NE(static_cast<int>(v) % 4, 0);
      }
    }
    EXPECT_NEAR(odd, weighted ? 0.8 : 0.5, 0.03);  // 2 x 2 against 1 x 1 of four
    const HeldOut again = hold_out(sampler, 5, 1000);
    EXPECT_EQ(again.batches, held.batches);
    EXPECT_EQ(hold_out(sampler, 5, 7).batches.front().count, 7);
  }
  // A generator gives fresh rows, and goes on as if nothing had been asked.
  const Sampler generator = law_sampler(GaussianLaw(2, 5), "rows");
  Sampler rest = hold_out(generator, 2, 10).rest;
  Sampler same = generator;
  EXPECT_EQ(rest.draw(5), same.draw(5));
  const HeldOut fresh = hold_out(generator, 2, 10);
  EXPECT_NE(fresh.batches[0], fresh.batches[1]);
  EXPECT_NE(fresh.batches[0], Sampler(generator).draw(10));
}

}  // namespace
}  // namespace isoscan::transport
