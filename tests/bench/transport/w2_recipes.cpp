#include "w2_recipes.hpp"

#include "isoscan/core/error.hpp"
#include "isoscan/transport/recipe.hpp"

namespace isoscan::bench {

using core::Error;
using core::ErrorKind;
using transport::SolverOptions;

namespace {

/// The step as published: one map step for each potential step, plain networks, no start.
SolverOptions plain(std::int64_t dim) {
  SolverOptions options;
  options.map_network.hidden = options.potential_network.hidden =
      transport::strong_options(dim).map_network.hidden;  // like with like
  options.map_steps = 1;
  options.expectile = 0.9;
  options.expectile_weight = 0.3;
  options.map_adam = options.potential_adam = {5e-4, 0.9, 0.99, 1e-8, 0.01};
  options.map_average = 0.0;
  return options;
}

}  // namespace

std::vector<std::string> recipe_names() {
  return {"enot-plain", "enot", "enot-mlp"};
}

SolverOptions recipe(const std::string& name, std::int64_t dim) {
  if (name == "enot-plain") return plain(dim);
  if (name == "enot") return transport::strong_options(dim);
  if (name == "enot-mlp") {
    SolverOptions options = transport::strong_options(dim);
    for (transport::NetworkOptions* network : {&options.map_network, &options.potential_network})
      network->quadratic = network->skips = false;
    return options;
  }
  throw Error(ErrorKind::Config, "no recipe \"" + name + "\"; there are enot, enot-mlp and enot-plain");
}

void set_option(SolverOptions& options, const std::string& name, double value) {
  const auto whole = static_cast<int>(value);
  if (name == "batch") {
    options.batch = whole;
  } else if (name == "map_steps") {
    options.map_steps = whole;
  } else if (name == "rate") {
    options.map_adam.rate = options.potential_adam.rate = value;
  } else if (name == "map_rate") {
    options.map_adam.rate = value;
  } else if (name == "potential_rate") {
    options.potential_adam.rate = value;
  } else if (name == "beta1") {
    options.map_adam.beta1 = options.potential_adam.beta1 = value;
  } else if (name == "beta2") {
    options.map_adam.beta2 = options.potential_adam.beta2 = value;
  } else if (name == "final") {
    options.map_adam.final_fraction = options.potential_adam.final_fraction = value;
  } else if (name == "candidates") {
    options.batch_candidates = whole != 0;
  } else if (name == "basis") {
    options.map_adam.basis_every = options.potential_adam.basis_every = whole;
  } else if (name == "full_rate_steps") {
    options.map_adam.full_rate_steps = options.potential_adam.full_rate_steps = whole;
  } else if (name == "basis_decay") {
    options.map_adam.basis_decay = options.potential_adam.basis_decay = value;
  } else if (name == "width") {
    options.map_network.hidden.assign(options.map_network.hidden.size(), whole);
    options.potential_network.hidden.assign(options.potential_network.hidden.size(), whole);
  } else if (name == "layers") {
    options.map_network.hidden.assign(static_cast<std::size_t>(whole), options.map_network.hidden.front());
    options.potential_network.hidden.assign(static_cast<std::size_t>(whole),
                                            options.potential_network.hidden.front());
  } else if (name == "average") {
    options.map_average = value;
  } else if (name == "expectile") {
    options.expectile = value;
  } else if (name == "expectile_weight") {
    options.expectile_weight = value;
  } else if (name == "correct") {
    options.correct_conjugate = whole != 0;
  } else if (name == "quadratic") {
    options.map_network.quadratic = options.potential_network.quadratic = whole != 0;
  } else if (name == "symmetric") {
    options.start_kind = whole != 0 ? transport::StartKind::Symmetric : transport::StartKind::Base;
  } else if (name == "skips") {
    options.map_network.skips = options.potential_network.skips = whole != 0;
  } else if (name == "convex") {
    options.potential_network.input_convex = whole != 0;
  } else if (name == "exact") {
    options.exact_conjugate = whole == 0   ? transport::ExactConjugate::Never
                              : whole == 1 ? transport::ExactConjugate::IfBetter
                                           : transport::ExactConjugate::Always;
  } else if (name == "source_side") {
    options.potential_side = whole != 0 ? transport::PotentialSide::Source : transport::PotentialSide::Target;
  } else {
    throw Error(ErrorKind::Config, "no option \"" + name + "\"");
  }
}

}  // namespace isoscan::bench
