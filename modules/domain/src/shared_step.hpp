/// @file A step of a fit of the shared network, its batch in parts side by side. Private to domain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/ATen.h>

#include "isoscan/core/context.hpp"
#include "isoscan/transport/nn/adam.hpp"

namespace isoscan::domain {

inline constexpr int kShards =
    4;  // of a step's sites, whatever the thread count: the same sums, the same bits

/// The optimiser that shared networks are fitted with.
/// @param matrices  as SharedNetwork::matrices
[[nodiscard]] transport::nn::Adam shared_adam(double rate, int basis_every, std::int64_t parameters,
                                              const std::vector<transport::nn::MatrixPlace>& matrices);

/// What one part of the batch adds to the loss, of parameters that a gradient is asked of. Called from
/// several threads.
using ShardLoss = std::function<at::Tensor(const at::Tensor& parameters, std::size_t shard)>;

/// Where a fit is.
struct FitStep {
  int step = 0;   ///< this one, from 0
  int steps = 1;  ///< in all
  double average = 0.0;
  const char* ran_away = "";  ///< said where it does
};

/// Moves `parameters` down, and `averaged` towards them. @throws Error(Numeric) where the loss runs away.
void take_step(const FitStep& at, const ShardLoss& loss_of, at::Tensor& parameters, at::Tensor& averaged,
               transport::nn::Adam& adam, const core::Context& context);

}  // namespace isoscan::domain
