#include <cmath>
#include <limits>

#include "isoscan/transport/solver.hpp"

#include "option_checks.hpp"

namespace isoscan::transport {

namespace {

/// "name must lie in low..high", or nothing.
std::string outside(const char* name, double value, double low, double high) {
  if (value >= low && value <= high) return {};
  return std::string(name) + " must lie in " + std::to_string(low) + ".." + std::to_string(high);
}

std::string first_of(std::initializer_list<std::string> problems) {
  for (const auto& problem : problems) {
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string within(const char* name, const std::string& problem) {
  return problem.empty() ? problem : std::string(name) + ": " + problem;
}

constexpr double kLarge = 1e12;

}  // namespace

std::string NetworkOptions::problem() const {
  if (hidden.empty()) return "hidden needs at least one layer";
  for (const auto width : hidden) {
    if (width < 1 || width > 65536) return "a hidden layer must have 1..65536 units";
  }
  if (input_convex && activation != Activation::Elu)
    return "input_convex needs the Elu activation, which is convex and does not fall";
  return {};
}

std::string AdamOptions::problem() const {
  if (!(rate > 0.0) || !std::isfinite(rate)) return "rate must be positive";
  if (!(beta1 >= 0.0 && beta1 < 1.0)) return "beta1 must lie in 0..1, below 1";
  if (!(beta2 >= 0.0 && beta2 < 1.0)) return "beta2 must lie in 0..1, below 1";
  if (!(epsilon > 0.0)) return "epsilon must be positive";
  if (full_rate_steps < 0) return "full_rate_steps must be 0 or more";
  if (basis_every < 0) return "basis_every must be 0 or more";
  if (!(basis_decay >= 0.0 && basis_decay < 1.0)) return "basis_decay must lie in 0..1, below 1";
  return outside("final_fraction", final_fraction, 0.0, 1.0);
}

std::string SolverOptions::problem(std::int64_t dim) const {
  if (const auto wrong = first_of(
          {outside("expectile", expectile, 0.5, 1.0),
           outside("expectile_weight", expectile_weight, 0.0, kLarge),
           outside("expectile_last", expectile_last.value_or(1.0), 0.5, 1.0),
           outside("expectile_weight_last", expectile_weight_last.value_or(0.0), 0.0, kLarge),
           outside("unbalanced", unbalanced, 0.0, kLarge),
           outside("stop_tolerance", stop_tolerance, 0.0, 1.0),
           outside("stop_patience", stop_patience, 1, kLarge), outside("steps", steps, 1, kLarge),
           outside("map_steps", map_steps, 1, 1000), outside("batch", static_cast<double>(batch), 2, 1 << 24),
           outside("map_average", map_average, 0.0, 1.0 - 1e-9),
           outside("context_cost", context_cost, 0.0, kLarge), outside("log_every", log_every, 1, kLarge),
           within("map_network", map_network.problem()),
           within("potential_network", potential_network.problem()), within("map_adam", map_adam.problem()),
           within("potential_adam", potential_adam.problem()), within("conjugate", conjugate.problem())});
      !wrong.empty())
    return wrong;
  if (const auto wrong = columns_problem(dim, context_dims, cost_weights); !wrong.empty()) return wrong;
  if (bidirectional && map_kind != MapKind::Potential) return "bidirectional needs map_kind Potential";
  if (map_kind == MapKind::Free && map_network.input_convex)
    return "map_network: input_convex is for potentials";
  if (potential_side == PotentialSide::Source) {
    if (map_kind != MapKind::Free) return "potential_side Source needs map_kind Free";
    if (start && start_kind == StartKind::Compose)
      return "potential_side Source needs start_kind Base or Symmetric";
  }
  if (batch_candidates && (cost || cost_power != 2.0 || context_dims > 0))
    return "batch_candidates needs the squared cost and no context columns";
  if (correct_conjugate && map_kind != MapKind::Free) return "correct_conjugate needs map_kind Free";
  if (!(cost_power > 1.0 && cost_power <= 16.0)) return "cost_power must lie above 1, and at most at 16";
  if (cost && cost_power != 2.0) return "cost_power belongs to the built-in cost: give no cost function";
  if (cost || cost_power != 2.0) {
    if (potential_side == PotentialSide::Source) return "potential_side Source needs the squared cost";
    if (correct_conjugate) return "correct_conjugate needs the squared cost";
    if (exact_conjugate != ExactConjugate::Never) return "exact_conjugate needs the squared cost";
    if (map_kind != MapKind::Free)
      return "only the squared cost has a map by potential: map_kind must be Free";
    if (dot_product) return "dot_product is a form of the squared cost, and the cost is another";
    if (cost && !cost_weights.empty())
      return "cost_weights belong to the squared cost: give no cost function";
    if (start && start_kind == StartKind::Base)
      return "only the squared cost has a start by potential: start_kind must be Compose";
  }
  if (start) {
    if (start->dim != dim)
      return "start has " + std::to_string(start->dim) + " columns, the rows " + std::to_string(dim);
    if (start->context_dims != context_dims) return "start must have the same context_dims";
    if (bidirectional && start_kind == StartKind::Compose)
      return "bidirectional needs start_kind Base or Symmetric";
  }
  return {};
}

}  // namespace isoscan::transport
