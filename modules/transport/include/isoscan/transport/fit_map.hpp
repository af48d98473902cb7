/// @file One shape for all solvers: two weighted samples in, a FittedMap and a word about it out.
///
/// Why it looks like this. Each solver keeps its own function with its own options and summary (fit_columns,
/// fit_gaussian, fit_sinkhorn, fit_enot), because what can be set and what is worth knowing differ; callers
/// that want one solver call it. What all share is the end, a FittedMap, so composition, strength, saving and
/// loading exist once. For callers that choose by name (the command line, tables of baselines) this one
/// function switches on the *type* of the options, a variant: options of one solver cannot be given to
/// another, a new solver is one more alternative and the compiler points at every switch, and there is no
/// base class to inherit from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/gaussian.hpp"
#include "isoscan/transport/sinkhorn.hpp"
#include "isoscan/transport/solver.hpp"

namespace isoscan::transport {

struct Sample {
  Rows rows;
  std::vector<float> weights;  ///< one a row, any positive scale, or empty
};

/// Column by column, monotone (one_dimensional.hpp).
struct ColumnOptions {
  int knots = 256;
  std::int64_t context_dims = 0;
};

using MethodOptions = std::variant<ColumnOptions, GaussianOptions, SinkhornOptions, SolverOptions>;

/// The defaults of a solver by its name: "columns", "gaussian", "entropic" or "enot". Those of "gaussian" and
/// "enot" read the context where there is one. @throws Error(Config) for another name.
[[nodiscard]] MethodOptions method_options(std::string_view name, std::int64_t context_dims = 0);
/// The name of the solver that these options are for.
[[nodiscard]] std::string_view name(const MethodOptions& options);

struct MapFit {
  FittedMap map;
  /// target -> source, where the solver has one: exact of "gaussian"; of "enot" when bidirectional or with
  /// its potential on the source.
  std::optional<FittedMap> inverse;
  bool usable = true;  ///< false: the solver failed (divergence) and the map is what it started from
  std::string ended;   ///< why it ended, in words
  double seconds = 0.0;
  std::optional<SinkhornSummary> entropic;  ///< of the entropic solver
  std::optional<Summary> enot;              ///< of ENOT
};

/// What only a solver that is trained can be asked for; the others do not look at it.
struct FitRun {
  SolverRun solver;  ///< watch it, keep checkpoints, go on from one
  /// Above 0: seconds that the fit may take; `steps` of the options is then chosen by a short timing
  /// (step_budget.hpp) and Summary::steps says how many were taken. Not together with `solver.resume`.
  double budget_s = 0.0;
  /// Told the number of steps of the whole fit before the first of them. May be empty.
  std::function<void(int steps)> on_steps;
};

/// ENOT with the squared cost and without a start of its own begins at the closed-form Gaussian map of the
/// samples, with the same cost weights and context. Seed, threads, stop token and progress come from the
/// context; same seed, same bytes, for every thread count (with a budget: for the same number of steps).
/// @throws Error(Input), Error(Config) and what else the solver throws.
[[nodiscard]] MapFit fit_map(const Sample& source, const Sample& target, const MethodOptions& options,
                             const core::Context& context, const FitRun& run = {});

}  // namespace isoscan::transport
