#include "transport_method.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/recipe.hpp"

#include "transport_flags.hpp"

namespace isoscan::app {

using core::Error;
using core::ErrorKind;
using transport::SolverOptions;

namespace {

constexpr int kMostSteps = 2'000'000'000;

std::string joined(const std::vector<std::int64_t>& numbers) {
  std::string list;
  for (const auto number : numbers) list += (list.empty() ? "" : ",") + std::to_string(number);
  return list;
}

std::string joined(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

template <class To, class From>
void take(To& to, const std::optional<From>& from) {
  if (from) to = *from;
}

}  // namespace

CLI::Option* MethodFlags::limited(CLI::Option* option, std::vector<std::string> methods) {
  option->group("Method " + joined(methods));
  limited_.push_back({option, std::move(methods)});
  return option;
}

void MethodFlags::add_to(CLI::App& command) {
  command
      .add_option("--method", method,
                  "enot (neural; the default), gaussian (closed form), columns (each by itself) or entropic "
                  "(Sinkhorn)")
      ->check(CLI::IsMember({"enot", "gaussian", "columns", "entropic"}));
  command
      .add_option("--context", context,
                  "The last N columns are read but never moved; 0 to all but one (default 0)")
      ->check(from_to<std::int64_t>(0, 1 << 30));
  limited(
      command.add_option("--cost-weights", cost_weights,
                         "Price of moving in each moved column, above 0: w1,w2,... (default: 1 for each)"),
      {"enot", "gaussian", "entropic"})
      ->delimiter(',')
      ->check(above_zero());
  limited(command.add_option("--epsilon", epsilon,
                             text("Blur, as a share of the mean cost of all pairs, above 0 (default %g)",
                                  transport::SinkhornOptions().epsilon)),
          {"entropic"})
      ->check(above_zero());
  add_enot(command);
}

void MethodFlags::add_enot(CLI::App& command) {
  const SolverOptions usual;
  const auto enot = [&](const char* name, auto& value, const std::string& words) {
    return limited(command.add_option(name, value, words), {"enot"});
  };
  enot("--settings", settings,
       "What the other flags start from. steady (the default): small networks, plain Adam, for small tables; "
       "strong: wider networks with quadratic features, dearer steps that go much further, for many rows")
      ->check(CLI::IsMember({"steady", "strong"}));
  CLI::Option* count =
      enot("--steps", steps, text("Training steps (default %d)", usual.steps))->check(from_to(1, kMostSteps));
  enot("--budget-minutes", budget_minutes,
       "Train for so many minutes, above 0, in place of --steps: a short timing chooses the steps")
      ->check(above_zero())
      ->excludes(count);
  enot("--map-steps", map_steps,
       text("Updates of the map for each of the potential, 1 to 1000 (default %d)", usual.map_steps))
      ->check(from_to(1, 1000));
  enot("--batch", batch,
       text("Rows of each side a step, 2 to 16777216 (default %d)", static_cast<int>(usual.batch)))
      ->check(from_to(2, 1 << 24));
  enot("--hidden", hidden,
       "Units of each hidden layer of both networks, 1 to 65536: w1,w2,... (default " +
           joined(usual.map_network.hidden) + ")")
      ->delimiter(',')
      ->check(from_to(1, 65536));
  limited(command.add_flag("--quadratic", quadratic,
                           "The potential sees squares of its inputs too (default: no)"),
          {"enot"});
  enot("--potential-side", potential_side,
       "target: the network is the map; source: the potential's gradient is, and --inverse can be had "
       "(default target)")
      ->check(CLI::IsMember({"target", "source"}));
  limited(
      command.add_flag("--correct", correct,
                       "Correct each move by its chord before a potential step: dearer steps, fewer of them "
                       "(default: no)"),
      {"enot"});
  enot("--rate", rate, text("Learning rate of both networks, above 0 (default %g)", usual.map_adam.rate))
      ->check(above_zero());
  enot("--expectile", expectile, text("tau of the regulariser, 0.5 to 1 (default %g)", usual.expectile))
      ->check(from_to(0.5, 1.0));
  enot("--expectile-weight", expectile_weight,
       text("lambda of the regulariser, 0 (none) or more (default %g)", usual.expectile_weight))
      ->check(from_to(0.0, 1e12));
  enot("--cost-power", cost_power,
       text("Cost |x - y|^P of a column, P above 1, at most 16 (default %g)", usual.cost_power))
      ->check(from_to(1.0, 16.0));
  enot("--stop-tolerance", stop_tolerance,
       text("End early when dual and cost move by less than this share over %d records of %d steps; 0: never "
            "(default %g)",
            usual.stop_patience, usual.log_every, usual.stop_tolerance))
      ->check(from_to(0.0, 1.0));
  CLI::Option* file = enot(
      "--checkpoint", checkpoint,
      "Keep here (.safetensors) what is needed to go on; where the file is there already, go on from it");
  enot("--save-every", save_every,
       text("Steps between two checkpoints, rounded up to a multiple of %d (default %d)", usual.log_every,
            transport::SolverRun().save_every))
      ->check(from_to(1, kMostSteps))
      ->needs(file);
}

transport::MethodOptions MethodFlags::options(std::int64_t columns) const {
  for (const Limited& flag : limited_) {
    if (flag.option->count() == 0 ||
        std::find(flag.methods.begin(), flag.methods.end(), method) != flag.methods.end())
      continue;
    throw Error(ErrorKind::Config, flag.option->get_name() + " is for the method " + joined(flag.methods) +
                                       ", not for " + method + "; leave it out");
  }
  transport::MethodOptions options = transport::method_options(method, context);
  if (auto* gaussian = std::get_if<transport::GaussianOptions>(&options))
    gaussian->cost_weights = cost_weights;
  if (auto* entropic = std::get_if<transport::SinkhornOptions>(&options)) {
    entropic->cost_weights = cost_weights;
    take(entropic->epsilon, epsilon);
  }
  if (auto* enot = std::get_if<SolverOptions>(&options)) {
    const bool strong = settings == "strong";
    if (strong) *enot = transport::strong_options(std::max(columns, context + 1), context);
    enot->cost_weights = cost_weights;
    take(enot->steps, steps);
    take(enot->map_steps, map_steps);
    take(enot->batch, batch);
    if (!hidden.empty()) enot->map_network.hidden = enot->potential_network.hidden = hidden;
    if (quadratic) enot->potential_network.quadratic = true;
    if (potential_side == "source") enot->potential_side = transport::PotentialSide::Source;
    if (correct) enot->correct_conjugate = true;
    take(enot->map_adam.rate, rate);
    take(enot->potential_adam.rate, rate);
    take(enot->expectile, expectile);
    take(enot->expectile_weight, expectile_weight);
    take(enot->cost_power, cost_power);
    take(enot->stop_tolerance, stop_tolerance);
    if (!(enot->cost_power > 1.0))
      throw Error(ErrorKind::Config, "--cost-power must lie above 1, and at most at 16");
    for (const auto& [given, flag] : {std::pair{correct, "--correct"},
                                      {strong, "--settings strong"},
                                      {potential_side == "source", "--potential-side source"}}) {
      if (given && enot->cost_power != 2.0)
        throw Error(ErrorKind::Config,
                    std::string(flag) + " needs the squared cost: leave --cost-power out, or " + flag);
    }
  }
  return options;
}

void MethodFlags::require_columns(std::int64_t columns) const {
  if (context >= columns)
    throw Error(ErrorKind::Config, "--context " + std::to_string(context) + " leaves no column to move of " +
                                       std::to_string(columns));
  const std::int64_t moved = columns - context;
  if (!cost_weights.empty() && static_cast<std::int64_t>(cost_weights.size()) != moved)
    throw Error(ErrorKind::Config, "--cost-weights has " + std::to_string(cost_weights.size()) +
                                       " numbers for " + std::to_string(moved) +
                                       " moved columns; give one for each");
}

}  // namespace isoscan::app
