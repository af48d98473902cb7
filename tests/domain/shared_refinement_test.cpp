#include "isoscan/domain/shared_refinement.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "made_models.hpp"
#include "made_sites.hpp"

namespace isoscan::domain {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// Of a site that lacks a times the row's first number and b times its second, which no other site lacks.
SiteRows pairs_of(double a, double b, std::uint64_t seed) {
  const SharedScan scan = scan_of(0, a, seed, 5000);  // more than one sum
  SiteRows out{scan.rows, scan.targets};
  for (std::size_t r = 0; r < out.targets.size(); ++r)
    out.targets[r] += static_cast<float>(b) * out.rows[r * kDims + 1];
  return out;
}

SharedRestorer with_made_sites() {
  SharedRestorerOptions options = quick();
  options.steps = 300;
  SharedRestorer shared = taught(2, options).restorer;
  shared.made_statistics = {2.0F, 0.0F, -2.0F, 0.1F, 1.0F, 0.2F, -1.0F, -0.2F};
  return shared;
}

TEST(SharedRefinement, ASiteWhoseStatisticsMisleadIsToldByItsPairs) {
  const SharedRestorer shared = with_made_sites();
  const std::vector<float> code = site_code(shared, {{2.0 + 0.15, 0.0}});  // it lacks more than they say
  const SiteRows pairs = pairs_of(0.4, 0.1, 1);
  const SiteRows held_out = pairs_of(0.4, 0.1, 2);
  const auto error = [&](const std::vector<float>& c) {
    return error_db(shared, vector_of_code(shared, c), held_out);
  };
  const std::vector<float> free = refined_code(shared, code, pairs, 0.0, {});
  const std::vector<float> drawn = refined_code(shared, code, pairs, 1.0, {});
  EXPECT_LT(error(free), error(code) - 3.0);
  EXPECT_LT(error(drawn), error(code) - 0.1);
  EXPECT_LT(error(free), error(drawn));
  // The stronger the prior the nearer to zero-shot, in the end bit by bit.
  const auto away = [&](const std::vector<float>& c) {
    double sum = 0.0;
    for (std::size_t n = 0; n < c.size(); ++n) sum += std::pow(static_cast<double>(c[n] - code[n]), 2.0);
    return sum;
  };
  EXPECT_LT(away(drawn), away(free));
  EXPECT_LT(away(refined_code(shared, code, pairs, 1e6, {})), 1e-6 * away(free));
  EXPECT_EQ(refined_code(shared, code, pairs, kInfinite, {}), code);
  core::Context three;
  three.threads = 3;
  EXPECT_EQ(refined_code(shared, code, pairs, 1.0, three), drawn);

  // All weights of a copy, and sites near by are kept in mind.
  const std::vector<float> vector = vector_of_code(shared, code);
  const std::vector<float> other = site_vector(shared, {{2.0 - 0.3, 0.0}});
  WeightOptions options;
  options.steps = 300;
  options.rate = 5e-3;
  SharedRestorer copy = shared;
  copy.parameters = refined_weights(shared, vector, pairs, {{other, pairs_of(-0.3, 0.0, 3)}}, options, {});
  EXPECT_LT(error_db(copy, vector, held_out), error(code) - 3.0);
  SharedRestorer alone = shared;
  alone.parameters = refined_weights(shared, vector, pairs, {}, options, {});
  const SiteRows of_other = pairs_of(-0.3, 0.0, 4);
  EXPECT_LT(error_db(copy, other, of_other), error_db(alone, other, of_other));
  EXPECT_EQ(refined_weights(shared, vector, pairs, {{other, pairs_of(-0.3, 0.0, 3)}}, options, three),
            copy.parameters);
  // The reference stays exactly as it is, whatever the weights.
  const std::vector<float> nothing(shared.numbers(), 0.0F);
  EXPECT_EQ(restorer_of(copy, nothing), restorer_of(copy, {}));
  EXPECT_EQ(error_db(copy, nothing, held_out), 0.0);
}

TEST(SharedRefinement, OfTheReferenceNothingIsLearnt) {
  const SharedRestorer shared = shared_restorer();
  const std::vector<float> code = site_code(shared, {shared.reference});
  EXPECT_EQ(code, std::vector<float>(2, 0.0F));
  EXPECT_EQ(refined_code(shared, code, pairs_of(0.3, 0.1, 1), 0.0, {}), code);
}

TEST(SharedRefinement, DistancesAreThoseFromTheReference) {
  const SharedRestorer shared = shared_restorer();
  const std::vector<double> scan{-1.0, -0.25};
  EXPECT_EQ(distance_between(shared, {scan}, {scan}), 0.0);
  EXPECT_DOUBLE_EQ(distance_between(shared, {scan}, {shared.reference}),
                   site_distance(shared, {scan}).distance);
}

TEST(SharedRefinement, MistakesAreSaid) {
  const SharedRestorer shared = shared_restorer();
  const std::vector<float> code(2, 0.5F);
  EXPECT_THROW((void)refined_code(shared, code, {}, 1.0, {}), core::Error);
  EXPECT_THROW((void)refined_code(shared, code, {{1.0F, 2.0F}, {1.0F}}, 1.0, {}), core::Error);
  EXPECT_THROW((void)refined_code(shared, {1.0F}, pairs_of(0.1, 0.0, 1), 1.0, {}), core::Error);
  EXPECT_THROW((void)refined_code(shared, code, pairs_of(0.1, 0.0, 1), std::nan(""), {}), core::Error);
  WeightOptions options;
  options.sites = 4;
  EXPECT_THROW(
      (void)refined_weights(shared, vector_of_code(shared, code), pairs_of(0.1, 0.0, 1), {}, options, {}),
      core::Error);
}

}  // namespace
}  // namespace isoscan::domain
