/// @file How many training steps a time allows on the machine at hand.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/transport/sampler.hpp"
#include "isoscan/transport/solver.hpp"

namespace isoscan::transport {

/// Steps that leave about `seconds` of wall time used when `fit_enot` has taken them, this timing included:
/// 20 steps to warm up, then steps for a hundredth of the time (at most five seconds) give the rate, and 98 %
/// of what is left is filled. At least 100, however short the time. `options.steps` is not read.
///
/// The number depends on how busy the machine is; a fit with that number does not. Whoever wants the same
/// bytes again keeps the number and gives it as `steps`. The stop token is heard, no progress is reported.
/// @throws Error(Config) where `seconds` is not positive and finite; what fit_enot throws.
[[nodiscard]] int steps_within(double seconds, const Sampler& source, const Sampler& target,
                               SolverOptions options, const core::Context& context);

}  // namespace isoscan::transport
