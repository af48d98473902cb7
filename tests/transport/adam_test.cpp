// The optimiser by itself, on matrix least squares, whose gradients are known.
#include "isoscan/transport/nn/adam.hpp"

#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "isoscan/core/random.hpp"

namespace isoscan::transport::nn {
namespace {

constexpr std::int64_t kRows = 6;
constexpr std::int64_t kColumns =
    6;  // as many as rows: a covariance without a null space, so that its eigenvectors are unique
constexpr std::int64_t kBias = 3;  // numbers after the matrix that belong to none
const std::vector<MatrixPlace> kPlaces{{0, kRows, kColumns}};

at::Tensor normal(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  core::Random random(seed, "adam test");
  at::Tensor x = torch::empty({rows, columns});
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return x;
}

/// |A (W - wanted) B|^2 / 2 plus |bias - 1|^2 / 2, A and B far from orthogonal, gradients with noise.
struct Problem {
  at::Tensor left = at::mm(normal(kRows, kRows, 1), at::diag(at::logspace(0, -1, kRows).to(at::kFloat)));
  at::Tensor right =
      at::mm(at::diag(at::logspace(0, -1, kColumns).to(at::kFloat)), normal(kColumns, kColumns, 2));
  at::Tensor wanted = normal(kRows, kColumns, 3);
  at::Tensor turn_left = at::eye(kRows);  ///< W stands for turn_left W turn_right
  at::Tensor turn_right = at::eye(kColumns);

  [[nodiscard]] at::Tensor gradient(const at::Tensor& flat, int step) const {
    const at::Tensor apart = at::mm(at::mm(left, matrix(flat) - wanted), right);
    const at::Tensor noise = normal(kRows, kColumns, 100 + static_cast<std::uint64_t>(step));
    const at::Tensor by_matrix =
        at::mm(at::mm(left.t(), apart), right.t()) + at::mm(at::mm(turn_left, noise * 0.3), turn_right);
    return at::cat({by_matrix.flatten(), flat.narrow(0, kRows * kColumns, kBias) - 1.0});
  }
  [[nodiscard]] Problem turned(const at::Tensor& q, const at::Tensor& p) const {
    Problem result;
    result.left = at::mm(left, q.t());
    result.right = at::mm(p.t(), right);
    result.wanted = at::mm(at::mm(q, wanted), p);
    result.turn_left = q;
    result.turn_right = p;
    return result;
  }
  [[nodiscard]] static at::Tensor matrix(const at::Tensor& flat) {
    return flat.narrow(0, 0, kRows * kColumns).view({kRows, kColumns});
  }
};

AdamOptions options(int basis_every) {
  AdamOptions result;
  result.rate = 0.02;
  result.beta1 = 0.9;
  result.beta2 = 0.95;
  result.basis_every = basis_every;
  return result;
}

at::Tensor run(const Problem& problem, const AdamOptions& how, int steps, int threads = 1) {
  at::Tensor flat = torch::zeros({kRows * kColumns + kBias});
  Adam adam(how, flat.numel(), kPlaces);
  for (int i = 0; i < steps; ++i)
    adam.step(flat, problem.gradient(flat, i), static_cast<double>(i) / steps, threads);
  return flat;
}

TEST(Adam, InItsEigenbasisItDoesNotCareHowTheMatrixIsTurned) {
  const Problem problem;
  const at::Tensor q = std::get<0>(at::linalg_qr(normal(kRows, kRows, 4)));
  const at::Tensor p = std::get<0>(at::linalg_qr(normal(kColumns, kColumns, 5)));
  const Problem turned = problem.turned(q, p);
  const auto apart = [&](const AdamOptions& how) {
    const at::Tensor plain = at::mm(at::mm(q, Problem::matrix(run(problem, how, 40))), p);
    const at::Tensor other = Problem::matrix(run(turned, how, 40));
    return ((plain - other).norm() / plain.norm()).item<double>();
  };
  const double with = apart(options(1));
  const double without = apart(options(0));
  std::printf("  apart after 40 steps: %.2e in the eigenbasis, %.2e plain\n", with, without);
  EXPECT_LT(with, 1e-3);
  EXPECT_GT(without, 1e-2);
}

TEST(Adam, WhatIsNoMatrixIsSteppedAsBefore) {
  // But for the first gradient, which in an eigenbasis only sets the basis.
  at::Tensor plain = torch::zeros({kRows * kColumns + kBias});
  at::Tensor turned = plain.clone();
  Adam first(options(0), plain.numel(), kPlaces);
  Adam second(options(5), turned.numel(), kPlaces);
  const Problem problem;
  second.step(turned, problem.gradient(turned, 0) * 0.0, 0.0);
  for (int i = 0; i < 30; ++i) {
    const at::Tensor gradient = problem.gradient(plain, i);
    first.step(plain, gradient, i / 30.0);
    second.step(turned, gradient, i / 30.0);
  }
  const auto bias = [](const at::Tensor& flat) { return flat.narrow(0, kRows * kColumns, kBias); };
  EXPECT_GT(bias(plain).min().item<float>(), 0.1F);
  EXPECT_TRUE(at::allclose(bias(plain), bias(turned), 1e-4, 1e-5));
}

TEST(Adam, TheSameBitsForEveryThreadCountAndAfterARestore) {
  const Problem problem;
  const at::Tensor whole = run(problem, options(5), 40);
  EXPECT_TRUE(at::equal(run(problem, options(5), 40, 3), whole));
  at::Tensor flat = torch::zeros({kRows * kColumns + kBias});
  Adam first(options(5), flat.numel(), kPlaces);
  for (int i = 0; i < 23; ++i) first.step(flat, problem.gradient(flat, i), i / 40.0);
  core::TensorFile file;
  first.save("adam", file);
  Adam second(options(5), flat.numel(), kPlaces);
  second.restore("adam", file);
  for (int i = 23; i < 40; ++i) second.step(flat, problem.gradient(flat, i), i / 40.0);
  EXPECT_TRUE(at::equal(flat, whole));
}

}  // namespace
}  // namespace isoscan::transport::nn
