// What each network's gradient may see, by finite differences of the paper's loss written out here with plain
// forward passes: nothing of this uses automatic differentiation, or the step's own arithmetic.
#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "isoscan/transport/nn/enot_step.hpp"

namespace isoscan::transport::nn {
namespace {

constexpr std::int64_t kColumns = 3;
constexpr std::int64_t kBatch = 24;

at::Tensor normal(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  core::Random random(seed);
  at::Tensor result = at::empty({rows, columns}, at::kFloat);
  for (std::int64_t i = 0; i < result.numel(); ++i)
    result.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return result;
}

Network filled(std::int64_t out, std::uint64_t seed) {
  NetworkOptions options;
  options.hidden = {8, 8};
  core::Random random(seed);
  Network network(kColumns, out, options, random);
  auto* values = network.parameters().data_ptr<float>();
  for (std::int64_t i = 0; i < network.parameter_count(); ++i)
    values[i] += 0.2F * static_cast<float>(random.normal());
  return network;
}

using Values = std::vector<double>;

Values doubles(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

class StopGradients : public testing::Test {
 protected:
  StopGradients() : map_network(filled(kColumns, 11)), potential_network(filled(1, 12)) {}

  Values g(const at::Tensor& points) const {
    Pass pass;
    potential_network.forward(points, pass);
    return doubles(pass.output);
  }
  at::Tensor mapped() const {
    Pass pass;
    map_network.forward(x, pass);
    return x + pass.output;
  }
  static Values cost(const at::Tensor& a, const at::Tensor& b) {
    return doubles((a.to(at::kDouble) - b.to(at::kDouble)).square().sum(1).to(at::kFloat));
  }
  double weight(double d) const { return d >= 0.0 ? tau : 1.0 - tau; }

  /// -mean(g_t + g_s) + lambda (mean w d1^2 + mean w d2^2) at the potential as it stands; what the paper
  /// stops is taken from `frozen`, the values before anything was moved.
  struct Sides {
    Values target;
    Values source;
  };
  Sides sides(const at::Tensor& yhat) const {
    Sides result{g(y), cost(x, yhat)};
    const Values at_map = g(yhat);
    for (std::size_t i = 0; i < at_map.size(); ++i) result.source[i] -= at_map[i];
    return result;
  }
  double potential_loss(const Sides& now, const Sides& stopped) const {
    const Values pair = cost(x, y);
    double sum = 0.0;
    for (std::size_t i = 0; i < pair.size(); ++i) {
      const double d1 = stopped.source[i] - pair[i] + now.target[i];
      const double d2 = stopped.target[i] - pair[i] + now.source[i];
      const double d = stopped.target[i] + stopped.source[i] - pair[i];  // the weight is stopped too
      sum += lambda * weight(d) * (d1 * d1 + d2 * d2) - now.target[i] - now.source[i];
    }
    return sum / static_cast<double>(kBatch);
  }
  double map_loss(const at::Tensor& yhat) const {
    const Values c = cost(x, yhat);
    const Values price = g(yhat);
    double sum = 0.0;
    for (std::size_t i = 0; i < c.size(); ++i) sum += c[i] - price[i];
    return sum / static_cast<double>(kBatch);
  }

  /// Derivative of `loss` along `direction` of the network's parameters.
  static double along(Network& network, const at::Tensor& direction, const std::function<double()>& loss) {
    constexpr double kStep = 2e-3;
    const at::Tensor kept = network.parameters().clone();
    network.parameters().copy_(kept + kStep * direction);
    const double high = loss();
    network.parameters().copy_(kept - kStep * direction);
    const double low = loss();
    network.parameters().copy_(kept);
    return (high - low) / (2.0 * kStep);
  }

  struct Gradients {
    at::Tensor map;
    at::Tensor potential;
  };
  Gradients ours() const {
    StepSettings settings;
    settings.expectile = tau;
    settings.expectile_weight = lambda;
    settings.batch = kBatch;
    StepState state;
    Gradients result{at::zeros({map_network.parameter_count()}),
                     at::zeros({potential_network.parameter_count()})};
    enot_gradients(FreeMap(map_network, kColumns, std::nullopt, at::ones({kColumns})),
                   Potential(potential_network, kColumns, 1.0, std::nullopt), x, y, settings, state,
                   result.map, result.potential);
    return result;
  }

  torch::NoGradGuard no_graph;
  Network map_network;
  Network potential_network;
  at::Tensor x = normal(kBatch, kColumns, 13);
  at::Tensor y = 1.5 * normal(kBatch, kColumns, 14);
  double tau = 0.9;
  double lambda = 0.5;
};

TEST_F(StopGradients, OfThePotentialByFiniteDifferences) {
  const at::Tensor yhat = mapped();
  const Sides frozen = sides(yhat);
  const at::Tensor found = ours().potential;
  double not_stopped = 0.0;
  double size = 0.0;
  for (std::uint64_t k = 0; k < 8; ++k) {
    const at::Tensor direction = normal(1, potential_network.parameter_count(), 100 + k).flatten();
    const double wanted =
        along(potential_network, direction, [&] { return potential_loss(sides(yhat), frozen); });
    const double ours_along = found.dot(direction).item<double>();
    EXPECT_NEAR(ours_along, wanted, 2e-3 * (1.0 + std::abs(wanted)));
    // Without the stops each term would see both sides; with the amortisation term, the price at T(x) as
    // well.
    const double both = along(potential_network, direction, [&] {
      const Sides now = sides(yhat);
      return potential_loss(now, now);
    });
    const double amortised = wanted + along(potential_network, direction, [&] { return map_loss(yhat); });
    not_stopped += std::min(std::abs(both - wanted), std::abs(amortised - wanted));
    size += std::abs(wanted);
  }
  EXPECT_GT(not_stopped, 0.1 * size) << "this test could not tell stopped from not stopped";
}

TEST_F(StopGradients, OfTheMapByFiniteDifferences) {
  const Sides frozen = sides(mapped());
  const at::Tensor found = ours().map;
  double not_stopped = 0.0;
  double size = 0.0;
  for (std::uint64_t k = 0; k < 8; ++k) {
    const at::Tensor direction = normal(1, map_network.parameter_count(), 200 + k).flatten();
    const double wanted = along(map_network, direction, [&] { return map_loss(mapped()); });
    EXPECT_NEAR(found.dot(direction).item<double>(), wanted, 2e-3 * (1.0 + std::abs(wanted)));
    // If T(x) were not stopped in the dual and the regulariser, they would pull at the map.
    not_stopped +=
        std::abs(along(map_network, direction, [&] { return potential_loss(sides(mapped()), frozen); }));
    size += std::abs(wanted);
  }
  EXPECT_GT(not_stopped, 0.1 * size) << "this test could not tell stopped from not stopped";
}

TEST_F(StopGradients, OneSidedWithoutViolationsItIsPlainMaxMinBitForBit) {
  // tau = 1 leaves nothing of pairs with d < 0. Targets far away make every pair cost more than it is priced.
  y += 30.0;
  const Sides now = sides(mapped());
  const Values pair = cost(x, y);
  for (std::size_t i = 0; i < pair.size(); ++i) ASSERT_LT(now.target[i] + now.source[i], pair[i]);
  lambda = 0.0;
  const Gradients plain = ours();
  lambda = 0.5;
  tau = 1.0;
  const Gradients one_sided = ours();
  EXPECT_TRUE(at::equal(one_sided.map, plain.map));
  EXPECT_TRUE(at::equal(one_sided.potential, plain.potential));
  tau = 0.99;
  EXPECT_FALSE(at::equal(ours().potential, plain.potential));
  EXPECT_TRUE(at::equal(ours().map, plain.map));
}

TEST_F(StopGradients, WithoutWeightTheLossIsPlainMaxMinByFiniteDifferences) {
  lambda = 0.0;
  const at::Tensor yhat = mapped();
  const Gradients found = ours();
  for (std::uint64_t k = 0; k < 4; ++k) {
    const at::Tensor direction = normal(1, potential_network.parameter_count(), 300 + k).flatten();
    const double wanted = along(potential_network, direction, [&] {
      const Values target = g(y);
      const Values source = g(yhat);
      double sum = 0.0;
      for (std::size_t i = 0; i < target.size(); ++i) sum += source[i] - target[i];
      return sum / static_cast<double>(kBatch);
    });
    EXPECT_NEAR(found.potential.dot(direction).item<double>(), wanted, 2e-3 * (1.0 + std::abs(wanted)));
  }
}

}  // namespace
}  // namespace isoscan::transport::nn
