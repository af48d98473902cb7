#include "isoscan/transport/assignment.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "isoscan/transport/metrics.hpp"

#include "transport_matchers.hpp"

namespace isoscan::transport {
namespace {

using test::error_of;
using test::normal_rows;

double cost_of(const std::vector<double>& costs, const std::vector<std::int64_t>& columns) {
  double sum = 0.0;
  for (std::size_t i = 0; i < columns.size(); ++i)
    sum += costs[i * columns.size() + static_cast<std::size_t>(columns[i])];
  return sum;
}

bool is_permutation_of_all(std::vector<std::int64_t> columns) {
  std::sort(columns.begin(), columns.end());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

TEST(Assignment, EqualsTheBestOfAllPermutations) {
  core::Random random(1);
  for (std::size_t n = 1; n <= 7; ++n) {
    for (int trial = 0; trial < 60; ++trial) {
      std::vector<double> costs(n * n);
      // Every third table is of few whole numbers: many ties. Negative costs are allowed.
      for (double& c : costs) c = trial % 3 == 0 ? static_cast<double>(random.below(4)) : random.normal();
      std::vector<std::int64_t> columns(n);
      std::iota(columns.begin(), columns.end(), 0);
      double best = cost_of(costs, columns);
      while (std::next_permutation(columns.begin(), columns.end()))
        best = std::min(best, cost_of(costs, columns));
      const auto found = assign_costs(costs, static_cast<std::int64_t>(n));
      ASSERT_TRUE(is_permutation_of_all(found));
      ASSERT_NEAR(cost_of(costs, found), best, 1e-12) << n << " rows, trial " << trial;
    }
  }
}

TEST(Assignment, OnTheLineItSorts) {
  const Rows source = normal_rows(700, 1, 2);
  const Rows target = test::correlated_rows(700, 1, 3);
  const auto order = [](const Rows& rows) {
    std::vector<std::int64_t> places(static_cast<std::size_t>(rows.count));
    std::iota(places.begin(), places.end(), 0);
    std::sort(places.begin(), places.end(), [&](auto a, auto b) { return rows.at(a, 0) < rows.at(b, 0); });
    return places;
  };
  const auto from = order(source);
  const auto to = order(target);
  const Assignment found = assign(source, target);
  double cost = 0.0;
  for (std::size_t k = 0; k < from.size(); ++k) {
    cost +=
        std::pow(static_cast<double>(source.at(from[k], 0)) - static_cast<double>(target.at(to[k], 0)), 2);
    EXPECT_EQ(found.target_of[static_cast<std::size_t>(from[k])], to[k]);
  }
  EXPECT_NEAR(found.mean_cost, cost / 700.0, 1e-12);
}

TEST(Assignment, FindsAShiftedPermutationOfTheRows) {
  const Rows source = normal_rows(600, 3, 4);
  Rows target(source.count, 3);  // row i of the source is row 7 i + 3 of the target, shifted
  for (std::int64_t i = 0; i < source.count; ++i) {
    for (std::int64_t d = 0; d < 3; ++d)
      target.row((7 * i + 3) % source.count)[d] = source.at(i, d) + (d == 0 ? 5.0F : 0.0F);
  }
  const Assignment found = assign(source, target);
  for (std::int64_t i = 0; i < source.count; ++i)
    ASSERT_EQ(found.target_of[static_cast<std::size_t>(i)], (7 * i + 3) % source.count);
  EXPECT_NEAR(found.mean_cost, 25.0, 1e-5);
}

/// A proof by duality: prices u, v with u_i + v_j <= c_ij for all pairs and equality on the chosen ones.
TEST(Assignment, NoCycleOfSwapsIsCheaperAtScale) {
  const Rows source = test::correlated_rows(400, 2, 5);
  const Rows target = test::correlated_rows(400, 2, 6);
  const Assignment found = assign(source, target);
  ASSERT_TRUE(is_permutation_of_all(found.target_of));
  // Bellman-Ford on rows: taking another's target must never lead round a cycle at a gain.
  const auto n = static_cast<std::size_t>(source.count);
  const auto cost = [&](std::size_t i, std::int64_t j) {
    double sum = 0.0;
    for (std::int64_t d = 0; d < 2; ++d)
      sum += std::pow(static_cast<double>(source.at(static_cast<std::int64_t>(i), d) - target.at(j, d)), 2);
    return sum;
  };
  std::vector<double> price(n, 0.0);
  bool changed = true;
  std::size_t rounds = 0;
  while (changed && rounds++ <= n) {
    changed = false;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) {
        const double through = price[i] + cost(i, found.target_of[k]) - cost(i, found.target_of[i]);
        if (through < price[k] - 1e-9) {
          price[k] = through;
          changed = true;
        }
      }
    }
  }
  EXPECT_FALSE(changed) << "a cycle of swaps is cheaper";
}

TEST(Assignment, EqualRowsTiesAndOneRow) {
  Rows same(50, 2, 3.0F);
  const Assignment ties = assign(same, same);
  EXPECT_TRUE(is_permutation_of_all(ties.target_of));
  EXPECT_EQ(ties.mean_cost, 0.0);
  EXPECT_EQ(assign(Rows(1, 1, 2.0F), Rows(1, 1, 5.0F)).mean_cost, 9.0);
}

TEST(Assignment, ThreadsDoNotMatterAndWeightsDo) {
  const Rows source = normal_rows(200, 2, 7);
  const Rows target = normal_rows(200, 2, 8);
  core::Context three;
  three.threads = 3;
  const Assignment one = assign(source, target);
  const Assignment also = assign(source, target, {}, three);
  EXPECT_EQ(one.target_of, also.target_of);
  EXPECT_EQ(one.mean_cost, also.mean_cost);
  AssignmentOptions options;
  options.cost_weights = {1.0, 1e-9};  // as good as the first column alone
  const Assignment first = assign(source, target, options);
  Rows sx(200, 1);
  Rows sy(200, 1);
  for (std::int64_t i = 0; i < 200; ++i) {
    sx.row(i)[0] = source.at(i, 0);
    sy.row(i)[0] = target.at(i, 0);
  }
  EXPECT_EQ(first.target_of, assign(sx, sy).target_of);
}

TEST(Assignment, MinibatchesOfOneLawAreNearerThanOfTwo) {
  const Rows a = normal_rows(3000, 2, 9);
  const Rows b = normal_rows(2500, 2, 10);
  Rows shifted = b;
  for (std::size_t i = 0; i < shifted.values.size(); i += 2) shifted.values[i] += 3.0F;
  EXPECT_LT(minibatch_wasserstein2(a, b, 256, 2), 0.6);
  EXPECT_NEAR(minibatch_wasserstein2(a, shifted, 256, 2), 3.0, 0.25);
}

TEST(Assignment, WhatCannotBeUsedIsNamed) {
  Rows rows = normal_rows(10, 2, 11);
  EXPECT_NE(error_of([&] { (void)assign(rows, normal_rows(9, 2, 12)); }).find("10 source rows for 9"),
            std::string::npos);
  EXPECT_NE(error_of([&] { (void)assign(rows, Rows(0, 2)); }).find("target: 0 rows"), std::string::npos);
  AssignmentOptions options;
  options.limit = 5;
  EXPECT_NE(error_of([&] { (void)assign(rows, rows, options); }).find("resource:"), std::string::npos);
  options = {};
  options.cost_weights = {1.0, -1.0};
  EXPECT_NE(error_of([&] { (void)assign(rows, rows, options); }).find("cost_weights"), std::string::npos);
  rows.row(6)[1] = NAN;
  EXPECT_NE(error_of([&] { (void)assign(rows, rows); }).find("source: row 6, column 1"), std::string::npos);
  EXPECT_NE(error_of([] {
              (void)assign_costs({1.0, NAN, 2.0, 3.0}, 2);
            }).find("not finite"),
            std::string::npos);
  std::stop_source stop;
  stop.request_stop();
  core::Context context;
  context.stop = stop.get_token();
  EXPECT_NE(error_of([&] {
              (void)assign(normal_rows(50, 2, 13), normal_rows(50, 2, 14), {}, context);
            }).find("cancelled"),
            std::string::npos);
}

}  // namespace
}  // namespace isoscan::transport
