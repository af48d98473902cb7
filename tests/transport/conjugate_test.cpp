// The inner problem solved row by row: closed forms, first-order conditions, no row made worse.
#include "isoscan/transport/nn/conjugate.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace isoscan::transport::nn {
namespace {

at::Tensor normal_tensor(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  core::Random random(seed);
  at::Tensor result = at::empty({rows, columns}, at::kFloat);
  for (std::int64_t i = 0; i < result.numel(); ++i)
    result.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return result;
}

/// Values and gradients of c(x, y) - g(y) at y.
std::pair<at::Tensor, at::Tensor> inner(const Potential& g, const at::Tensor& x, const at::Tensor& y) {
  const std::int64_t moved = y.size(1);
  const at::Tensor points =
      x.size(1) == moved ? y.contiguous() : at::cat({y, x.narrow(1, moved, x.size(1) - moved)}, 1);
  Potential::State state;
  g.forward(points, state);
  at::Tensor slope;
  g.backward(points, state, {}, {}, &slope, 0);
  const at::Tensor e = y - x.narrow(1, 0, moved);
  return {g.factor() * e.square().sum(1) - state.value, 2.0 * g.factor() * e - slope};
}

Potential small_network_potential(std::int64_t in, std::int64_t moved, bool quadratic) {
  NetworkOptions options;
  options.hidden = {16, 16};
  options.quadratic = quadratic;
  core::Random random(7);
  Network network(in, 1, options, random);
  // A last layer that is not zero, small enough for one minimum.
  auto* values = network.parameters().data_ptr<float>();
  for (std::int64_t i = 0; i < network.parameter_count(); ++i)
    if (values[i] == 0.0F) values[i] = static_cast<float>(random.uniform(-0.05, 0.05));
  return {network, moved, 1.0, std::nullopt};
}

TEST(Conjugate, OfAnAffineMapIsItsInverse) {
  torch::NoGradGuard no_graph;
  for (const double factor : {1.0, 0.5}) {
    const AffineBase base{torch::tensor({{0.5F, 0.1F}, {0.1F, -0.4F}}), torch::tensor({0.4F, -1.0F})};
    core::Random random(3);
    const Potential potential(Network(2, 1, NetworkOptions{}, random), 2, factor, base);
    const at::Tensor x = normal_tensor(200, 2, 11);
    const at::Tensor truth = (x - base.shift).matmul(torch::linalg_inv(base.slope + torch::eye(2)));
    const at::Tensor found = conjugate(potential, x, x);
    EXPECT_LT((found - truth).abs().max().item<float>(), 2e-3F) << "factor " << factor;
    // Already there: nothing moves.
    const at::Tensor stays = conjugate(potential, x, truth);
    EXPECT_LT((stays - truth).abs().max().item<float>(), 1e-4F);
  }
}

TEST(Conjugate, MeetsTheFirstOrderConditionAndMakesNoRowWorse) {
  torch::NoGradGuard no_graph;
  for (const bool quadratic : {false, true}) {
    for (const std::int64_t context : {0, 1}) {
      const Potential potential = small_network_potential(4, 4 - context, quadratic);
      const at::Tensor x = normal_tensor(300, 4, 12);
      const at::Tensor start = x.narrow(1, 0, 4 - context) + 0.3 * normal_tensor(300, 4 - context, 13);
      const auto before = inner(potential, x, start);
      const at::Tensor found = conjugate(potential, x, start, {.iterations = 60});
      const auto after = inner(potential, x, found);
      EXPECT_GT(before.second.norm(2, 1).min().item<float>(), 1e-3F);
      EXPECT_LT(after.second.norm(2, 1).max().item<float>(), 2e-3F) << quadratic << context;
      EXPECT_LT((after.first - before.first).max().item<float>(), 1e-5F);
      // Few iterations are worse than many, and better than none.
      const auto some = inner(potential, x, conjugate(potential, x, start, {.iterations = 2}));
      EXPECT_LT(some.first.sum().item<float>(), before.first.sum().item<float>());
      EXPECT_LT(after.first.sum().item<float>(), some.first.sum().item<float>() + 1e-3F);
    }
  }
}

TEST(Conjugate, OptionsAreJudged) {
  EXPECT_EQ(ConjugateOptions{}.problem(), "");
  EXPECT_NE(ConjugateOptions{.iterations = 0}.problem(), "");
  EXPECT_NE(ConjugateOptions{.tolerance = 0.0}.problem(), "");
}

}  // namespace
}  // namespace isoscan::transport::nn
