// The hand-written step against autograd: the loss is written here exactly as the paper's code executes it.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "isoscan/transport/nn/enot_step.hpp"

namespace isoscan::transport::nn {
namespace {

struct Case {
  std::string name;
  NetworkOptions network;
};

std::vector<Case> cases() {
  NetworkOptions plain;
  plain.hidden = {12, 7, 9};
  plain.residual = false;
  NetworkOptions residual;
  residual.hidden = {10, 10, 10};
  NetworkOptions silu = residual;
  silu.activation = Activation::Silu;
  NetworkOptions quadratic = residual;
  quadratic.quadratic = true;
  NetworkOptions quadratic_silu = silu;
  quadratic_silu.quadratic = true;
  NetworkOptions skips = quadratic;
  skips.skips = true;
  NetworkOptions linear_skips = plain;
  linear_skips.skips = true;
  return {
      {"plain", plain}, {"skips", skips},         {"linear_skips", linear_skips},    {"residual", residual},
      {"silu", silu},   {"quadratic", quadratic}, {"quadratic_silu", quadratic_silu}};
}

/// A network of which no weight is zero, standardising its input.
Network filled(std::int64_t in, std::int64_t out, const NetworkOptions& options, std::uint64_t seed) {
  core::Random random(seed);
  Network network(in, out, options, random);
  auto* values = network.parameters().data_ptr<float>();
  for (std::int64_t i = 0; i < network.parameter_count(); ++i)
    values[i] += 0.2F * static_cast<float>(random.normal());
  at::Tensor scale = torch::empty({in});
  at::Tensor offset = torch::empty({in});
  for (std::int64_t i = 0; i < in; ++i) {
    scale[i] = random.uniform(0.5, 1.5);
    offset[i] = 0.3 * random.normal();
  }
  network.set_input_scale(scale, offset);
  return network;
}

at::Tensor normal_rows(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  core::Random random(seed);
  at::Tensor x = torch::empty({rows, columns});
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return x;
}

/// The same function in terms of autograd, reading its weights from `flat`.
at::Tensor reference(const Network& network, const at::Tensor& flat, const at::Tensor& x) {
  const auto& options = network.options();
  at::Tensor h = x * network.input_scale() + network.input_offset();
  const at::Tensor input = h;
  std::int64_t at = 0;
  std::int64_t width = network.in();
  const auto take = [&](std::int64_t rows, std::int64_t columns) {
    const at::Tensor part = flat.narrow(0, at, rows * columns).view({rows, columns});
    at += rows * columns;
    return part;
  };
  std::int64_t total = 0;
  for (const auto next : options.hidden) {
    total += width * next + next;
    width = next;
  }
  total += width * network.out() + network.out();
  width = network.in();
  bool first = true;
  for (const auto next : options.hidden) {
    const at::Tensor weight = take(width, next);
    const at::Tensor bias = take(1, next);
    at::Tensor z = torch::matmul(h, weight) + bias;
    const auto of_input = [&] {
      const at::Tensor part = flat.narrow(0, total, network.in() * next).view({network.in(), next});
      total += network.in() * next;
      return torch::matmul(input, part);
    };
    if (!first && options.skips) z = z + of_input();
    if (options.quadratic && (first || options.skips)) z = z + of_input().square();
    const at::Tensor active = options.activation == Activation::Elu ? torch::elu(z) : torch::silu(z);
    h = options.residual && width == next && !first ? h + active : active;
    first = false;
    width = next;
  }
  const at::Tensor weight = take(width, network.out());
  return torch::matmul(h, weight) + take(1, network.out());
}

void expect_close(const at::Tensor& a, const at::Tensor& b, const std::string& what,
                  double tolerance = 2e-4) {
  ASSERT_EQ(a.numel(), b.numel()) << what;
  const double scale = b.abs().max().item<double>() + 1e-6;
  const double apart = (a.flatten() - b.flatten()).abs().max().item<double>();
  EXPECT_LT(apart / scale, tolerance) << what;
}

TEST(Network, ForwardAndGradientsAgreeWithAutograd) {
  for (const Case& c : cases()) {
    const Network network = filled(5, 3, c.network, 1);
    const at::Tensor x = normal_rows(11, 5, 2).requires_grad_();
    const at::Tensor flat = network.parameters().clone().requires_grad_();
    const at::Tensor upstream = normal_rows(11, 3, 3);
    const at::Tensor weight = normal_rows(11, 1, 4).flatten();
    const at::Tensor out = reference(network, flat, x);
    const auto by_parameters =
        torch::autograd::grad({(out * upstream).sum(1).mul(weight).sum()}, {flat}, {}, true);
    const auto by_input = torch::autograd::grad({(out * upstream).sum()}, {x});

    torch::NoGradGuard no_graph;
    Pass pass;
    network.forward(x.detach(), pass);
    expect_close(pass.output, out, c.name + " output");
    at::Tensor gradient = torch::full({network.parameter_count()}, 77.0F);
    at::Tensor input_gradient;
    network.backward(pass, upstream, weight, gradient, &input_gradient, 4);
    expect_close(gradient, by_parameters[0], c.name + " parameter gradient");
    expect_close(input_gradient, by_input[0].narrow(0, 4, 7), c.name + " input gradient");
  }
}

TEST(Network, DirectionalBackwardAgreesWithDoubleAutograd) {
  for (const Case& c : cases()) {
    const Network network = filled(4, 1, c.network, 5);
    const at::Tensor x = normal_rows(9, 4, 6).requires_grad_();
    const at::Tensor direction = normal_rows(9, 4, 7);
    const at::Tensor flat = network.parameters().clone().requires_grad_();
    const at::Tensor slope =
        torch::autograd::grad({reference(network, flat, x).sum()}, {x}, {}, true, true)[0];
    const at::Tensor expected =
        torch::autograd::grad({(slope * direction).sum()}, {flat}, {}, {}, false, true)[0];

    torch::NoGradGuard no_graph;
    Pass pass;
    network.forward(x.detach(), pass);
    at::Tensor gradient = torch::full({network.parameter_count()}, 77.0F);
    network.directional_backward(pass, direction, gradient);
    expect_close(gradient, expected, c.name);
  }
}

constexpr std::int64_t kMoved = 3;
constexpr std::int64_t kColumns = 5;  // two of them context
constexpr std::int64_t kBatch = 16;

struct Literal {
  at::Tensor map_gradient;
  at::Tensor potential_gradient;
};

at::Tensor squared(const at::Tensor& x, const at::Tensor& y) {
  return (x - y).square().sum(1);
}

/// The loss as enot.md writes it; `first` and `second` switch the two expectile terms.
Literal literal_step(const Network& map_network, const Network& potential_network, bool free,
                     const at::Tensor& x, const at::Tensor& y, double tau, double lambda, bool first,
                     bool second) {
  const at::Tensor map_flat = map_network.parameters().clone().requires_grad_();
  const at::Tensor potential_flat = potential_network.parameters().clone().requires_grad_();
  const at::Tensor context = x.narrow(1, kMoved, kColumns - kMoved);
  const at::Tensor from = x.narrow(1, 0, kMoved);
  at::Tensor yhat;
  if (free) {
    yhat = from + reference(map_network, map_flat, x);
  } else {
    const at::Tensor leaf = x.clone().requires_grad_();
    const at::Tensor slope =
        torch::autograd::grad({reference(map_network, map_flat, leaf).sum()}, {leaf}, {}, true, true)[0];
    yhat = from - slope.narrow(1, 0, kMoved) / 2.0;
  }
  const auto g = [&](const at::Tensor& flat, const at::Tensor& moved) {
    return reference(potential_network, flat, torch::cat({moved, context}, 1)).flatten();
  };
  const at::Tensor yhat_d = yhat.detach();
  const at::Tensor g_t = reference(potential_network, potential_flat, y).flatten();
  const at::Tensor g_s = squared(from, yhat_d) - g(potential_flat, yhat_d);
  const at::Tensor cost =
      squared(from, y.narrow(1, 0, kMoved)) + 0.7 * squared(context, y.narrow(1, kMoved, 2));
  const auto w = [&](const at::Tensor& d) {
    return torch::where(d.detach() >= 0, torch::full_like(d, tau), torch::full_like(d, 1.0 - tau));
  };
  const at::Tensor d1 = (g_s - cost).detach() + g_t;
  const at::Tensor d2 = (g_t - cost).detach() + g_s;
  at::Tensor loss = -(g_t + g_s).mean() + (squared(from, yhat) - g(potential_flat.detach(), yhat)).mean();
  if (first) loss = loss + lambda * (w(d1) * d1.square()).mean();
  if (second) loss = loss + lambda * (w(d2) * d2.square()).mean();
  const auto gradients = torch::autograd::grad({loss}, {map_flat, potential_flat});
  return {gradients[0], gradients[1]};
}

class EnotStep : public ::testing::TestWithParam<bool> {
 protected:
  EnotStep()
      : free(GetParam()),
        map_network(filled(kColumns, free ? kMoved : 1, cases()[3].network, 11)),
        potential_network(filled(kColumns, 1, cases()[1].network, 12)),
        potential(potential_network, kMoved, 1.0, std::nullopt),
        x(normal_rows(kBatch, kColumns, 13)),
        y(normal_rows(kBatch, kColumns, 14) * 1.5) {
    if (free) {
      map = std::make_unique<FreeMap>(map_network, kMoved, std::nullopt, torch::ones({kMoved}));
    } else {
      map = std::make_unique<PotentialMap>(Potential(map_network, kMoved, 1.0, std::nullopt));
    }
  }
  Literal ours(double tau, double lambda) const {
    torch::NoGradGuard no_graph;
    StepSettings settings;
    settings.expectile = tau;
    settings.expectile_weight = lambda;
    settings.context_cost = 0.7;
    settings.batch = kBatch;
    StepState state;
    Literal result{torch::full({map_network.parameter_count()}, 77.0F),
                   torch::full({potential_network.parameter_count()}, 77.0F)};
    enot_gradients(*map, potential, x, y, settings, state, result.map_gradient, result.potential_gradient);
    return result;
  }

  bool free;
  Network map_network;
  Network potential_network;
  Potential potential;
  std::unique_ptr<TransportMap> map;
  at::Tensor x;
  at::Tensor y;
};

TEST_P(EnotStep, GradientsAreThoseOfTheLiteralLoss) {
  for (const double tau : {0.5, 0.9, 0.99, 1.0}) {
    for (const double lambda : {0.0, 0.3, 1.0}) {
      const Literal expected =
          literal_step(map_network, potential_network, free, x, y, tau, lambda, true, true);
      const Literal found = ours(tau, lambda);
      const std::string what = "tau " + std::to_string(tau) + ", lambda " + std::to_string(lambda);
      expect_close(found.map_gradient, expected.map_gradient, what + ", map");
      expect_close(found.potential_gradient, expected.potential_gradient, what + ", potential");
    }
  }
}

TEST_P(EnotStep, BothExpectileTermsAreThere) {
  const at::Tensor found = ours(0.9, 0.5).potential_gradient;
  for (const bool first : {false, true}) {
    const Literal one = literal_step(map_network, potential_network, free, x, y, 0.9, 0.5, first, !first);
    const double apart = (found - one.potential_gradient).norm().item<double>();
    EXPECT_GT(apart, 0.05 * found.norm().item<double>()) << "one term alone gives the same gradient";
  }
}

TEST_P(EnotStep, StopGradients) {
  // The map never sees the regulariser; and the expectile weight moves the potential.
  const Literal with = ours(0.9, 0.5);
  const Literal without = ours(0.9, 0.0);
  EXPECT_TRUE(torch::equal(with.map_gradient, without.map_gradient));
  EXPECT_FALSE(torch::equal(with.potential_gradient, without.potential_gradient));
  // The map's own step has the same gradient, and the potential's does not see the amortisation term: with
  // lambda 0 it is mean grad g(yhat) - mean grad g(y), nothing else.
  torch::NoGradGuard no_graph;
  StepSettings settings;
  settings.batch = kBatch;
  StepState state;
  at::Tensor alone = torch::zeros({map_network.parameter_count()});
  map_gradients(*map, potential, x, settings, state, alone);
  expect_close(alone, with.map_gradient, "map step against joint step", 1e-5);
}

TEST_P(EnotStep, WithoutWeightItIsPlainMaxMinBitForBit) {
  // Plain max-min, by the network's own passes: descend -mean g(y) + mean g(yhat).
  torch::NoGradGuard no_graph;
  TransportMap::State map_state;
  map->forward(x, map_state);
  const at::Tensor mapped = torch::cat({map_state.yhat, x.narrow(1, kMoved, kColumns - kMoved)}, 1);
  const at::Tensor weight = torch::cat({torch::full({kBatch}, -1.0F), torch::full({kBatch}, 1.0F)}) / kBatch;
  Pass pass;
  potential_network.forward(torch::cat({y, mapped}, 0), pass);
  at::Tensor plain = torch::zeros({potential_network.parameter_count()});
  potential_network.backward(pass, torch::ones({2 * kBatch, 1}), weight, plain, nullptr);
  for (const double tau : {0.5, 0.9, 1.0})
    EXPECT_TRUE(torch::equal(ours(tau, 0.0).potential_gradient, plain));
}

INSTANTIATE_TEST_SUITE_P(Maps, EnotStep, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Free" : "Potential"; });

TEST(Candidates, TheBestRowIsThatOfALoopOverAllPairs) {
  torch::NoGradGuard no_graph;
  const at::Tensor x = normal_rows(9, kMoved, 21);
  const at::Tensor y = normal_rows(9, kMoved, 22);
  const at::Tensor g = normal_rows(9, 1, 23);
  const Candidates best = best_candidates(x, y, g.data_ptr<float>(), 0.5);
  for (std::int64_t i = 0; i < 9; ++i) {
    const at::Tensor all = (y - x[i]).square().sum(1) * 0.5 - g.flatten();
    EXPECT_EQ(best.row[i].item<std::int64_t>(), all.argmin().item<std::int64_t>());
    EXPECT_NEAR(best.value[i].item<double>(), all.min().item<double>(), 1e-5);
  }
}

Network softened(const Network& network) {
  return network.with_parameters(network.parameters() * 0.6);
}

TEST(Candidates, TheStepTakesTheBetterOfTheMapAndTheBatch) {
  // Smaller weights: maps and prices mild enough that both kinds of row occur.
  const Network map_network = softened(filled(kMoved, kMoved, cases()[3].network, 31));
  const Network potential_network = softened(filled(kMoved, 1, cases()[3].network, 32));
  const at::Tensor x = normal_rows(kBatch, kMoved, 33);
  const at::Tensor y = normal_rows(kBatch, kMoved, 34);
  // The literal step: g_s is the least over T(x) and all rows y; the map is also pulled to the better row.
  const at::Tensor map_flat = map_network.parameters().clone().requires_grad_();
  const at::Tensor potential_flat = potential_network.parameters().clone().requires_grad_();
  const at::Tensor yhat = x + reference(map_network, map_flat, x);
  const auto g = [&](const at::Tensor& flat, const at::Tensor& at) {
    return reference(potential_network, flat, at).flatten();
  };
  const at::Tensor by_map = squared(x, yhat.detach()) - g(potential_flat, yhat.detach());
  const at::Tensor all =
      (x.unsqueeze(1) - y.unsqueeze(0)).square().sum(2) - g(potential_flat, y).unsqueeze(0);
  const auto [by_row, row] = all.min(1);
  const at::Tensor better = (by_row < by_map).detach();
  const auto replaced = better.sum().item<std::int64_t>();
  ASSERT_GT(replaced, 2) << "the case must have rows of both kinds";
  ASSERT_LT(replaced, kBatch - 2);
  const at::Tensor g_s = at::where(better, by_row, by_map);
  const at::Tensor pull = at::where(better, squared(yhat, y.index_select(0, row)), at::zeros({kBatch}));
  const at::Tensor loss = -(g(potential_flat, y) + g_s).mean() +
                          (squared(x, yhat) - g(potential_flat.detach(), yhat)).mean() + pull.mean();
  const auto expected = torch::autograd::grad({loss}, {map_flat, potential_flat});

  torch::NoGradGuard no_graph;
  const FreeMap map(map_network, kMoved, std::nullopt, torch::ones({kMoved}));
  const Potential potential(potential_network, kMoved, 1.0, std::nullopt);
  StepSettings settings;
  settings.expectile_weight = 0.0;
  settings.batch = kBatch;
  settings.candidates = true;
  StepState state;
  at::Tensor by_map_network = torch::zeros({map_network.parameter_count()});
  at::Tensor by_potential = torch::zeros({potential_network.parameter_count()});
  const StepSums sums = enot_gradients(map, potential, x, y, settings, state, by_map_network, by_potential);
  EXPECT_EQ(static_cast<std::int64_t>(sums.replaced), replaced);
  expect_close(by_map_network, expected[0], "map");
  expect_close(by_potential, expected[1], "potential");
}

TEST(RowGradient, IsTheDerivativeOfTheLossByFiniteDifferences) {
  // loss(g_t, g_s) with the other side stopped; the weight is constant away from d = 0.
  const double tau = 0.9;
  const double lambda = 0.3;
  const auto term = [&](double d) { return (d >= 0.0 ? tau : 1.0 - tau) * d * d; };
  for (const double cost : {0.2, 3.0}) {
    const double g_t = 0.7;
    const double g_s = 0.4;
    const double h = 1e-5;
    const auto by_target = [&](double v) { return lambda * term((g_s - cost) + v) - v; };
    const auto by_source = [&](double v) { return lambda * term((g_t - cost) + v) - v; };
    const RowGradient found = row_gradient(0.7F, 0.4F, static_cast<float>(cost), tau, lambda);
    EXPECT_NEAR(found.by_target, (by_target(g_t + h) - by_target(g_t - h)) / (2.0 * h), 1e-4);
    EXPECT_NEAR(found.by_source, (by_source(g_s + h) - by_source(g_s - h)) / (2.0 * h), 1e-4);
  }
}

TEST(InputConvex, TheNetworkIsConcaveAlongEveryLineAndProjectionKeepsItSo) {
  NetworkOptions options;
  options.hidden = {12, 12, 9};
  options.quadratic = true;
  options.skips = true;
  options.input_convex = true;
  torch::NoGradGuard no_graph;
  Network network = filled(3, 1, options, 51);  // fills break the signs
  const auto bend = [&](std::uint64_t seed) {
    // Second differences of the value along lines: of a concave function none is above 0.
    const at::Tensor x = normal_rows(400, 3, seed);
    const at::Tensor step = 0.3 * normal_rows(400, 3, seed + 1);
    at::Tensor value[3];
    for (int k = 0; k < 3; ++k) {
      Pass pass;
      network.forward(x + (k - 1.0) * step, pass);
      value[k] = pass.output.flatten().clone();
    }
    return (value[0] - 2.0 * value[1] + value[2]).max().item<double>();
  };
  EXPECT_GT(bend(52), 1e-3);
  network.project();
  EXPECT_LT(bend(52), 1e-4);
  const at::Tensor once = network.parameters().clone();
  network.project();
  EXPECT_TRUE(at::equal(network.parameters(), once));
}

TEST(Potential, BaseIsTheQuadraticOfItsAffineMap) {
  // gradient = 2 factor (x - T0(x)) and value consistent with it, context columns read.
  const AffineBase base{torch::tensor({{0.5F, 0.1F}, {0.1F, -0.2F}, {0.3F, 0.7F}}),
                        torch::tensor({0.4F, -1.0F})};
  NetworkOptions options;
  core::Random random(3);
  const Potential potential(Network(3, 1, options, random), 2, 1.0, base);  // the last layer is zero
  torch::NoGradGuard no_graph;
  const at::Tensor x = normal_rows(6, 3, 21);
  Potential::State state;
  potential.forward(x, state);
  at::Tensor slope;
  potential.backward(x, state, {}, {}, &slope, 0);
  expect_close(slope, -2.0 * (x.matmul(base.slope) + base.shift), "gradient", 1e-6);
  for (int d = 0; d < 2; ++d) {
    at::Tensor up = x.clone();
    up.select(1, d).add_(0.01);
    at::Tensor down = x.clone();
    down.select(1, d).sub_(0.01);
    Potential::State high;
    Potential::State low;
    potential.forward(up, high);
    potential.forward(down, low);
    expect_close((high.value - low.value) / 0.02, slope.select(1, d), "finite difference", 2e-3);
  }
}

TEST(EnotStepCorrected, TheChordSolvesTheInnerProblemToSecondOrder) {
  // The potential of an affine map: its exact inner solution is the inverse of that map. The map at hand is a
  // little off; its chord must be off by the square of that.
  const AffineBase base{torch::tensor({{0.5F, 0.1F}, {0.1F, -0.2F}}), torch::tensor({0.4F, -1.0F})};
  NetworkOptions options;
  core::Random random(3);
  const Potential potential(Network(2, 1, options, random), 2, 1.0, base);  // the last layer is zero
  torch::NoGradGuard no_graph;
  const at::Tensor inverse = torch::linalg_inv(base.slope + torch::eye(2));
  const at::Tensor error = torch::tensor({{0.03F, -0.05F}, {0.05F, 0.02F}});
  const auto map_with = [&](const at::Tensor& matrix) {
    return FreeMap(Network(2, 2, options, random), 2,
                   AffineBase{matrix - torch::eye(2), -base.shift.matmul(inverse)}, torch::ones({2}));
  };
  const at::Tensor x = normal_rows(kBatch, 2, 41);
  const at::Tensor y = normal_rows(kBatch, 2, 42);
  const auto step = [&](const FreeMap& map, double limit, at::Tensor& by_map) {
    StepSettings settings;
    settings.batch = kBatch;
    settings.correction_scale = torch::ones({2});
    settings.correction_limit = limit;
    StepState state;
    by_map = torch::zeros({map.network().parameter_count()});
    at::Tensor by_potential = torch::zeros({potential.network().parameter_count()});
    return enot_gradients(map, potential, x, y, settings, state, by_map, by_potential);
  };
  at::Tensor by_map;
  at::Tensor by_corrected_map;
  at::Tensor unused;
  const double exact = step(map_with(inverse), 0.0, unused).dual;
  const FreeMap off = map_with(inverse + error);
  const double plain = step(off, 0.0, by_map).dual;
  const double corrected = step(off, 100.0, by_corrected_map).dual;
  EXPECT_GT(plain - exact, 1e-3 * kBatch);
  EXPECT_LT(std::abs(corrected - exact), 0.02 * (plain - exact));
  // What the map learns from stays the plain inner problem.
  expect_close(by_corrected_map, by_map, "map gradient", 1e-5);
  // A limit cuts the step short.
  const double cut = step(off, 1e-4, unused).dual;
  EXPECT_GT(cut - exact, 0.9 * (plain - exact));
}

TEST(DotProductForm, IsTheHalfSquaredCost) {
  // Literal dot-product loss: c = -<x,y>, g = -(|y|^2/2 + net): same gradients as cost |x-y|^2/2 with g =
  // -net.
  const Network map_network = filled(3, 3, cases()[1].network, 31);
  const Network potential_network = filled(3, 1, cases()[1].network, 32);
  const at::Tensor x = normal_rows(kBatch, 3, 33);
  const at::Tensor y = normal_rows(kBatch, 3, 34);
  const double tau = 0.9;
  const double lambda = 0.4;
  const at::Tensor map_flat = map_network.parameters().clone().requires_grad_();
  const at::Tensor flat = potential_network.parameters().clone().requires_grad_();
  const auto g = [&](const at::Tensor& p, const at::Tensor& at) {
    return reference(potential_network, p, at).flatten() -
           0.5 * at.square().sum(1);  // our net is minus theirs
  };
  const auto c = [](const at::Tensor& a, const at::Tensor& b) { return -(a * b).sum(1); };
  const at::Tensor yhat = x + reference(map_network, map_flat, x);
  const at::Tensor g_t = g(flat, y);
  const at::Tensor g_s = c(x, yhat.detach()) - g(flat, yhat.detach());
  const at::Tensor d1 = (g_s - c(x, y)).detach() + g_t;
  const at::Tensor d2 = (g_t - c(x, y)).detach() + g_s;
  const auto w = [&](const at::Tensor& d) {
    return torch::where(d.detach() >= 0, torch::full_like(d, tau), torch::full_like(d, 1.0 - tau));
  };
  const at::Tensor loss = lambda * ((w(d1) * d1.square()).mean() + (w(d2) * d2.square()).mean()) -
                          (g_t + g_s).mean() + (c(x, yhat) - g(flat.detach(), yhat)).mean();
  const auto expected = torch::autograd::grad({loss}, {map_flat, flat});

  torch::NoGradGuard no_graph;
  StepSettings settings;
  settings.expectile = tau;
  settings.expectile_weight = lambda;
  settings.batch = kBatch;
  settings.cost.factor = 0.5;
  StepState state;
  at::Tensor by_map = torch::zeros({map_network.parameter_count()});
  at::Tensor by_potential = torch::zeros({potential_network.parameter_count()});
  enot_gradients(FreeMap(map_network, 3, std::nullopt, torch::ones({3})),
                 Potential(potential_network, 3, 0.5, std::nullopt), x, y, settings, state, by_map,
                 by_potential);
  expect_close(by_map, expected[0], "map");
  expect_close(by_potential, expected[1], "potential");
}

}  // namespace
}  // namespace isoscan::transport::nn
