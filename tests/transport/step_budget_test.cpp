#include "isoscan/transport/step_budget.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/transport/fit_map.hpp"
#include "isoscan/transport/metrics.hpp"

#include "transport_matchers.hpp"

namespace isoscan::transport {
namespace {

using test::correlated_rows;
using test::error_of;
using test::normal_rows;

SolverOptions small() {
  SolverOptions options;
  options.batch = 64;
  options.map_network.hidden = options.potential_network.hidden = {12, 12};
  return options;
}

TEST(StepBudget, StepsGrowWithTheTime) {
  const Sampler source(normal_rows(500, 2, 1), 1, "source");
  const Sampler target(normal_rows(500, 2, 2), 1, "target");
  // No time at all is the fewest steps; a million seconds are far more than a thousand steps.
  EXPECT_EQ(steps_within(1e-6, source, target, small(), {}), 100);
  EXPECT_GT(steps_within(1e6, source, target, small(), {}), 100'000);
  for (const double seconds : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_EQ(error_of([&] { (void)steps_within(seconds, source, target, small(), {}); }),
              "config: the time to fit in must be positive");
  }
}

TEST(StepBudget, FitMapTakesTheStepsThatItTells) {
  const Sample source{normal_rows(500, 2, 1), {}};
  const Sample target{correlated_rows(500, 2, 2), {}};
  FitRun run;
  run.budget_s = 0.5;
  int told = 0;
  run.on_steps = [&](int steps) { told = steps; };
  const MapFit fit = fit_map(source, target, small(), {}, run);
  ASSERT_TRUE(fit.enot.has_value());
  EXPECT_EQ(fit.enot->steps, told);
  // The number alone decides the bytes.
  SolverOptions again = small();
  again.steps = told;
  EXPECT_EQ(fit_map(source, target, again, {}).map.apply(source.rows), fit.map.apply(source.rows));
  const core::TensorFile checkpoint;
  run.solver.resume = &checkpoint;
  EXPECT_TRUE(error_of([&] { (void)fit_map(source, target, small(), {}, run); }).starts_with("config: "));
}

TEST(FitMapInverse, LeadsBackAndLeavesTheContext) {
  const Sample source{normal_rows(800, 3, 1), {}};
  const Sample target{correlated_rows(800, 3, 2), {}};
  for (const std::int64_t context : {0, 1}) {
    const MapFit fit = fit_map(source, target, method_options("gaussian", context), {});
    ASSERT_TRUE(fit.inverse.has_value());
    const Rows back = fit.inverse->apply(fit.map.apply(source.rows));
    EXPECT_LT(round_trip_error(source.rows, back), 1e-5) << context;
    EXPECT_EQ(fit.inverse->context_dims(), context);
    if (context == 0) continue;
    for (std::int64_t i = 0; i < back.count; ++i) ASSERT_EQ(back.at(i, 2), source.rows.at(i, 2));
  }
  EXPECT_FALSE(fit_map(source, target, method_options("columns"), {}).inverse.has_value());
  SolverOptions options = small();
  options.steps = 20;
  EXPECT_FALSE(fit_map(source, target, options, {}).inverse.has_value());
  options.potential_side = PotentialSide::Source;
  EXPECT_TRUE(fit_map(source, target, options, {}).inverse.has_value());
}

// On the line every convex cost has the same map, the monotone one: here a shift and a stretch.
TEST(FitMapPower, AnotherPowerOfTheDifferenceIsSolvedFromTheIdentity) {
  const Sample source{normal_rows(2000, 1, 1), {}};
  Sample target{normal_rows(2000, 1, 2), {}};
  for (float& v : target.rows.values) v = 2.0F + 1.5F * v;
  SolverOptions options = small();
  options.steps = 400;
  options.batch = 256;
  options.cost_power = 3.0;
  const MapFit fit = fit_map(source, target, options, {});
  ASSERT_TRUE(fit.usable) << fit.ended;
  Rows truth = source.rows;
  for (float& v : truth.values) v = 2.0F + 1.5F * v;
  EXPECT_LT(l2_uvp(fit.map.apply(source.rows), truth, 2.25), 3.0);
}

}  // namespace
}  // namespace isoscan::transport
