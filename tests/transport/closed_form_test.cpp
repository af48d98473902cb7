// What needs no network: rows, samplers, the Gaussian map, monotone maps, metrics.
#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/gaussian.hpp"
#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/one_dimensional.hpp"
#include "isoscan/transport/sampler.hpp"

#include "transport_matchers.hpp"

namespace isoscan::transport {
namespace {

using test::error_of;
using test::normal_rows;

TEST(Rows, ANanIsRefusedWithItsPlace) {
  Rows rows = normal_rows(5, 3, 1);
  rows.values[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(error_of([&] { require_usable(rows, "site"); }),
            "input: site: row 2, column 1 is not a finite number");
  EXPECT_EQ(error_of([&] { Sampler(rows, 1, "source"); }),
            "input: sampler source: row 2, column 1 is not a finite number");
  EXPECT_EQ(error_of([] { Sampler(Rows(0, 3), 1, "source"); }).substr(0, 29),
            "input: sampler source: 0 rows");
  EXPECT_EQ(error_of([] { Sampler(Rows(), 1, "source"); }).substr(0, 22), "input: sampler source:");
  // A generator is looked at whenever it gives rows, and so is one inside a fit.
  const auto spoiled = [](core::Random& random, Rows& out) {
    for (float& v : out.values) v = static_cast<float>(random.normal());
    out.values[5] = std::numeric_limits<float>::infinity();
  };
  EXPECT_EQ(error_of([&] { (void)Sampler(3, spoiled, 1, "fresh").draw(4); }),
            "input: generator fresh: row 1, column 2 is not a finite number");
}

TEST(Moments, WeightsActAsRepetition) {
  const Rows rows = normal_rows(6, 2, 2);
  const std::vector<float> weights{1, 3, 0, 2, 1, 1};
  Rows repeated(0, 2);
  for (std::int64_t i = 0; i < 6; ++i) {
    for (int k = 0; k < static_cast<int>(weights[static_cast<std::size_t>(i)]); ++k) {
      repeated.values.insert(repeated.values.end(), rows.row(i), rows.row(i) + 2);
      ++repeated.count;
    }
  }
  const Moments a = moments(rows, weights);
  const Moments b = moments(repeated);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(a.mean[i], b.mean[i], 1e-12);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(a.covariance[i], b.covariance[i], 1e-12);
}

TEST(Sampler, WeightsSetTheShareOfEachRowAndZeroNeverComes) {
  Rows rows(3, 1);
  rows.values = {0.0F, 1.0F, 2.0F};
  Sampler sampler(rows, 3, "weighted", {1.0F, 0.0F, 3.0F});
  const Rows drawn = sampler.draw(40000);
  const auto count = [&](float v) { return std::count(drawn.values.begin(), drawn.values.end(), v); };
  EXPECT_NEAR(static_cast<double>(count(0.0F)) / 40000.0, 0.25, 0.01);
  EXPECT_EQ(count(1.0F), 0);
  EXPECT_NEAR(static_cast<double>(count(2.0F)) / 40000.0, 0.75, 0.01);
}

TEST(Sampler, PairedStreamsAreRefused) {
  const Rows rows = normal_rows(10, 2, 4);
  const Sampler a(rows, 5, "rows");
  const Sampler same(rows, 5, "rows");
  const Sampler other_stream(rows, 5, "others");
  const Sampler other_seed(rows, 6, "rows");
  EXPECT_NE(error_of([&] { require_independent(a, same); }).find("config:"), std::string::npos);
  EXPECT_EQ(error_of([&] { require_independent(a, other_stream); }), "");
  EXPECT_EQ(error_of([&] { require_independent(a, other_seed); }), "");
  Sampler moved_on = same;
  (void)moved_on.draw(3);  // other numbers now, the same stream still
  EXPECT_NE(error_of([&] { require_independent(a, moved_on); }), "");
}

TEST(GaussianMap, PushesTheSourceMomentsToTheTargetMoments) {
  const Rows source = test::correlated_rows(4000, 5, 11);
  const Rows target = test::correlated_rows(3000, 5, 12);
  const AffineMap map = fit_gaussian(source, target);
  const Moments found = moments(map.apply(source));
  const Moments wanted = moments(target);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(found.mean[i], wanted.mean[i], 1e-4);
  for (std::size_t i = 0; i < 25; ++i) EXPECT_NEAR(found.covariance[i], wanted.covariance[i], 1e-3);
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 5; ++j) EXPECT_NEAR(map.matrix[i * 5 + j], map.matrix[j * 5 + i], 1e-8);
  }
  // The cost of the optimal map is the Bures distance.
  const Rows mapped = map.apply(source);
  double cost = 0.0;
  for (std::size_t i = 0; i < mapped.values.size(); ++i)
    cost += std::pow(static_cast<double>(mapped.values[i] - source.values[i]), 2);
  const double expected = gaussian_wasserstein2_squared(moments(source), wanted);
  EXPECT_NEAR(cost / 4000.0, expected, 1e-3 * expected);
}

TEST(GaussianMap, DiagonalCaseIsScaleAndShift) {
  Moments a{2, {1.0, -2.0}, {4.0, 0.0, 0.0, 9.0}};
  Moments b{2, {3.0, 5.0}, {16.0, 0.0, 0.0, 1.0}};
  const AffineMap map = gaussian_map(a, b);
  EXPECT_NEAR(map.matrix[0], 2.0, 1e-9);
  EXPECT_NEAR(map.matrix[3], 1.0 / 3.0, 1e-9);
  EXPECT_NEAR(map.matrix[1], 0.0, 1e-9);
  // W2^2 = 4 + 49 + (4-2)^2 + (1-3)^2.
  EXPECT_NEAR(gaussian_wasserstein2_squared(a, b), 61.0, 1e-8);
}

TEST(GaussianMap, EqualSamplesGiveTheIdentityBitForBit) {
  const Rows rows = test::correlated_rows(2000, 6, 13);
  EXPECT_EQ(fit_gaussian(rows, rows).apply(rows), rows);
}

TEST(GaussianMap, CostWeightsChangeTheMapAndKeepTheTarget) {
  const Rows source = test::correlated_rows(4000, 3, 14);
  const Rows target = test::correlated_rows(4000, 3, 15);
  GaussianOptions options;
  options.cost_weights = {1.0, 20.0, 0.3};
  const AffineMap weighted = fit_gaussian(source, target, options);
  const AffineMap plain = fit_gaussian(source, target);
  const Moments found = moments(weighted.apply(source));
  const Moments wanted = moments(target);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(found.covariance[i], wanted.covariance[i], 1e-3);
  const auto cost = [&](const AffineMap& map) {
    const Rows mapped = map.apply(source);
    double sum = 0.0;
    for (std::int64_t i = 0; i < mapped.count; ++i) {
      for (std::int64_t d = 0; d < 3; ++d)
        sum += options.cost_weights[static_cast<std::size_t>(d)] *
               std::pow(static_cast<double>(mapped.at(i, d) - source.at(i, d)), 2);
    }
    return sum;
  };
  EXPECT_LT(cost(weighted), cost(plain));  // optimal for its own cost, both push to the target
}

TEST(GaussianMap, ContextIsReadAndComesBack) {
  // Moved columns depend on the context with another slope on each side.
  core::Random random(16);
  Rows source(6000, 3);
  Rows target(6000, 3);
  for (std::int64_t i = 0; i < source.count; ++i) {
    const double cs = random.normal();
    const double ct = random.normal();
    source.row(i)[0] = static_cast<float>(1.0 * cs + random.normal());
    source.row(i)[1] = static_cast<float>(-0.5 * cs + random.normal());
    source.row(i)[2] = static_cast<float>(cs);
    target.row(i)[0] = static_cast<float>(3.0 + 2.0 * ct + 2.0 * random.normal());
    target.row(i)[1] = static_cast<float>(0.5 * ct + random.normal());
    target.row(i)[2] = static_cast<float>(ct);
  }
  GaussianOptions options;
  options.context_dims = 1;
  options.condition_on_context = true;
  const AffineMap map = fit_gaussian(source, target, options);
  const Rows mapped = map.apply(source);
  for (std::int64_t i = 0; i < mapped.count; ++i) ASSERT_EQ(mapped.at(i, 2), source.at(i, 2));
  const Moments found = moments(mapped);
  EXPECT_NEAR(found.covariance[0 * 3 + 2] / found.covariance[8], 2.0, 0.1);  // slope on the context
  EXPECT_NEAR(found.covariance[1 * 3 + 2] / found.covariance[8], 0.5, 0.1);
  EXPECT_NEAR(map.matrix[0], 2.0, 0.1);
  EXPECT_EQ(map.inverse().apply(mapped).at(0, 2), source.at(0, 2));
  EXPECT_LT(round_trip_error(source, map.inverse().apply(mapped)), 1e-5);
}

TEST(GaussianMap, ShrinkageGoesFromTranslationToTheFullMap) {
  const Rows source = test::correlated_rows(500, 4, 17);
  const Rows target = test::correlated_rows(500, 4, 18);
  GaussianOptions options;
  options.towards = ShrinkTowards::Target;
  options.keep_source = 0.0;
  const AffineMap translation = fit_gaussian(source, target, options);
  const AffineMap identity = AffineMap::identity(4);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(translation.matrix[i], identity.matrix[i], 1e-6);
  options.keep_source = 1.0;
  EXPECT_EQ(fit_gaussian(source, target, options), fit_gaussian(source, target));
  EXPECT_DOUBLE_EQ(kept_share(16, 8), 0.5);
}

TEST(GaussianMap, BadOptionsAreNamed) {
  const Rows rows = normal_rows(50, 3, 19);
  GaussianOptions options;
  options.cost_weights = {1.0};
  EXPECT_NE(error_of([&] { (void)fit_gaussian(rows, rows, options); }).find("cost_weights"),
            std::string::npos);
  options = {};
  options.keep_source = 1.5;
  EXPECT_NE(error_of([&] { (void)fit_gaussian(rows, rows, options); }).find("keep_source"),
            std::string::npos);
}

TEST(AffineMap, SavedAndLoadedIsEqualAndThreadsDoNotMatter) {
  const Rows source = test::correlated_rows(999, 4, 20);
  const AffineMap map = fit_gaussian(source, test::correlated_rows(999, 4, 21));
  EXPECT_EQ(AffineMap::from_tensors(core::from_safetensors(core::to_safetensors(map.to_tensors()))), map);
  EXPECT_EQ(map.apply(source, 1), map.apply(source, 3));
}

TEST(MonotoneMap, SendsQuantilesToQuantiles) {
  core::Random random(22);
  std::vector<float> source;
  std::vector<float> target;
  for (int i = 0; i < 20000; ++i) {
    source.push_back(static_cast<float>(random.uniform()));
    target.push_back(static_cast<float>(std::pow(random.uniform(), 2.0)));
  }
  const MonotoneMap map = fit_monotone(source, target);
  for (double x = 0.05; x < 1.0; x += 0.1) EXPECT_NEAR(map(x), x * x, 0.02);
  double last = -10.0;
  for (double x = -1.0; x < 2.0; x += 0.01) {
    EXPECT_GE(map(x), last);
    last = map(x);
  }
  EXPECT_NEAR(map(2.0) - map(1.5), 0.5, 1e-9);  // goes on by a shift
}

TEST(MonotoneMap, ConstantAndEqualSamples) {
  const MonotoneMap constant = fit_monotone({2, 2, 2}, {5, 5});
  EXPECT_DOUBLE_EQ(constant(2.0), 5.0);
  const MonotoneMap same = fit_monotone({3, 1, 2, 8}, {1, 2, 3, 8});
  for (const double x : {1.0, 2.0, 2.5, 3.0, 8.0}) EXPECT_NEAR(same(x), x, 1e-12);
  EXPECT_NE(error_of([] { (void)fit_monotone({}, {1.0F}); }), "");
}

TEST(ColumnMaps, MoveEachColumnAndLeaveContext) {
  const Rows source = normal_rows(3000, 3, 23);
  Rows target = source;
  for (std::int64_t i = 0; i < target.count; ++i) {
    target.row(i)[0] += 4.0F;
    target.row(i)[1] *= 3.0F;
  }
  const Rows mapped = fit_columns(source, target, 128, 1).apply(source, 2);
  for (std::int64_t i = 0; i < mapped.count; ++i) {
    ASSERT_NEAR(mapped.at(i, 0), target.at(i, 0), 1e-4);
    ASSERT_NEAR(mapped.at(i, 1), target.at(i, 1), 1e-3);
    ASSERT_EQ(mapped.at(i, 2), source.at(i, 2));
  }
}

TEST(Metrics, KnownValues) {
  const Rows x = normal_rows(2000, 3, 24);
  Rows shifted = x;
  for (std::size_t i = 0; i < shifted.values.size(); i += 3) shifted.values[i] += 2.0F;
  EXPECT_EQ(l2_uvp(x, x, 3.0), 0.0);
  EXPECT_NEAR(l2_uvp(shifted, x, 4.0), 100.0, 1e-4);
  EXPECT_NEAR(displacement_cosine(x, shifted, shifted), 1.0, 1e-12);
  EXPECT_EQ(displacement_cosine(x, x, x), 1.0);
  EXPECT_EQ(sliced_wasserstein2(x, x), 0.0);
  // A shift by v moves each projection by <v, w>: root mean square |v| / sqrt(D).
  EXPECT_NEAR(sliced_wasserstein2(x, shifted, 4000), 2.0 / std::sqrt(3.0), 0.03);
  Rows twice = x;  // every row two times: the same distribution, another count
  twice.count *= 2;
  twice.values.insert(twice.values.end(), x.values.begin(), x.values.end());
  EXPECT_NEAR(sliced_wasserstein2(x, twice), 0.0, 1e-6);
  EXPECT_NEAR(energy_distance(normal_rows(2000, 3, 25), x), 0.0, 0.01);
  EXPECT_GT(energy_distance(shifted, x), 0.5);
  EXPECT_EQ(round_trip_error(x, x), 0.0);
}

TEST(Metrics, AgreementOfTwoHalves) {
  const Rows d = normal_rows(4000, 2, 26);
  EXPECT_NEAR(agreement(d, d), 1.0, 1e-12);
  EXPECT_LT(agreement(d, normal_rows(4000, 2, 27)), 0.1);
  // Signal s and independent noise n of equal power: <d1,d2> = 1, <m,m> = 1.5.
  Rows a = d;
  Rows b = d;
  const Rows n1 = normal_rows(4000, 2, 28);
  const Rows n2 = normal_rows(4000, 2, 29);
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    a.values[i] += n1.values[i];
    b.values[i] += n2.values[i];
  }
  EXPECT_NEAR(agreement(a, b), 2.0 / 3.0, 0.04);
}

}  // namespace
}  // namespace isoscan::transport
