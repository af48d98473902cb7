#include "isoscan/transport/step_budget.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "isoscan/core/error.hpp"

namespace isoscan::transport {

namespace {

constexpr int kFirstSteps = 20;
constexpr int kFewestSteps = 100;
constexpr double kTimedShare = 0.01;
constexpr double kLongestTiming = 5.0;  // seconds
constexpr double kFilled = 0.98;        // of what is left: the end of a fit takes time too

int steps_in(double seconds, double steps_per_second, int least) {
  const double most = std::numeric_limits<int>::max();
  return std::max(least, static_cast<int>(std::clamp(seconds * steps_per_second, 0.0, most)));
}

}  // namespace

int steps_within(double seconds, const Sampler& source, const Sampler& target, SolverOptions options,
                 const core::Context& context) {
  if (!(seconds > 0.0) || !std::isfinite(seconds))
    throw core::Error(core::ErrorKind::Config, "the time to fit in must be positive");
  const auto begin = std::chrono::steady_clock::now();
  core::Context quiet = context;
  quiet.progress = core::Progress();
  const auto rate = [&](int steps) {
    options.steps = steps;
    return fit_enot(source, target, options, quiet).summary.steps_per_second;
  };
  const double first = rate(kFirstSteps);
  const double timed = std::min(kLongestTiming, kTimedShare * seconds);
  const double rate_now = rate(steps_in(timed, first, kFirstSteps));
  const double used = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return steps_in(kFilled * (seconds - used), rate_now, kFewestSteps);
}

}  // namespace isoscan::transport
