#include "shared_step.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"

namespace isoscan::domain {

transport::nn::Adam shared_adam(double rate, int basis_every, std::int64_t parameters,
                                const std::vector<transport::nn::MatrixPlace>& matrices) {
  transport::AdamOptions options;
  options.rate = rate;
  options.beta1 = 0.9;
  options.beta2 = 0.99;
  options.basis_every = basis_every;
  return {options, parameters, matrices};
}

void take_step(const FitStep& at, const ShardLoss& loss_of, at::Tensor& parameters, at::Tensor& averaged,
               transport::nn::Adam& adam, const core::Context& context) {
  std::vector<at::Tensor> gradients(kShards);
  std::vector<double> losses(kShards, 0.0);
  core::parallel_for(kShards, context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
      const at::Tensor leaf = parameters.detach().clone().set_requires_grad(true);
      const at::Tensor loss = loss_of(leaf, n);
      losses[n] = loss.item<double>();
      gradients[n] = torch::autograd::grad({loss}, {leaf})[0];
    }
  });
  double loss = 0.0;
  for (std::size_t n = 0; n < gradients.size(); ++n) {
    loss += losses[n];
    if (n > 0) gradients.front().add_(gradients[n]);
  }
  if (!std::isfinite(loss) || loss > 1e6) throw core::Error(core::ErrorKind::Numeric, at.ran_away);
  const double progress = static_cast<double>(at.step) / at.steps;
  adam.step(parameters, gradients.front(), progress, context.threads);
  const double keep = std::min(at.average, static_cast<double>(at.step) / (at.step + 10.0));
  averaged.mul_(keep).add_(parameters, 1.0 - keep);
  context.progress.report(progress);
}

}  // namespace isoscan::domain
