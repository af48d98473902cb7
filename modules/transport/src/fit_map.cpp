#include "isoscan/transport/fit_map.hpp"

#include <chrono>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/step_budget.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace {

/// Nothing where the map is flat in some direction: many rows then share one place.
std::optional<FittedMap> inverse_of(const AffineMap& affine) {
  try {
    return FittedMap(affine.inverse());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::Numeric) throw;
    return std::nullopt;
  }
}

MapFit fit(const Sample& source, const Sample& target, const ColumnOptions& options, const core::Context&,
           const FitRun&) {
  const ColumnMaps maps = fit_columns(source.rows, target.rows, options.knots, options.context_dims,
                                      source.weights, target.weights);
  MapFit result;
  result.map = FittedMap(maps, source.rows.dim);
  result.ended = "exact, column by column";
  return result;
}

MapFit fit(const Sample& source, const Sample& target, const GaussianOptions& options, const core::Context&,
           const FitRun&) {
  const AffineMap affine = fit_gaussian(source.rows, target.rows, options, source.weights, target.weights);
  MapFit result;
  result.map = FittedMap(affine);
  result.inverse = inverse_of(affine);
  result.ended = "closed form";
  return result;
}

MapFit fit(const Sample& source, const Sample& target, const SinkhornOptions& options,
           const core::Context& context, const FitRun&) {
  SinkhornFit found =
      fit_sinkhorn(source.rows, target.rows, options, source.weights, target.weights, context);
  MapFit result;
  result.map = FittedMap(found.map);
  result.ended = found.summary.ended;
  result.entropic = std::move(found.summary);
  return result;
}

MapFit fit(const Sample& source, const Sample& target, SolverOptions options, const core::Context& context,
           const FitRun& run) {
  // The Gaussian map is best for squared distances; for another cost it would be a detour to start with.
  if (!options.start && !options.cost && options.cost_power == 2.0) {
    GaussianOptions start;
    start.cost_weights = options.cost_weights;
    start.context_dims = options.context_dims;
    start.condition_on_context = options.context_dims > 0;
    options.start = fit_gaussian(source.rows, target.rows, start, source.weights, target.weights);
  }
  const Sampler from(source.rows, context.seed, "source", source.weights);
  const Sampler to(target.rows, context.seed, "target", target.weights);
  if (run.budget_s > 0.0) {
    if (run.solver.resume != nullptr)
      throw Error(ErrorKind::Config,
                  "a fit that goes on from a checkpoint keeps its number of steps: give "
                  "no budget");
    options.steps = steps_within(run.budget_s, from, to, options, context);
  }
  if (run.on_steps) run.on_steps(options.steps);
  Fit found = fit_enot(from, to, options, context, run.solver);
  MapFit result;
  result.map = std::move(found.map);
  result.inverse = std::move(found.inverse);
  result.usable = found.summary.usable;
  result.ended = found.summary.ended;
  result.enot = std::move(found.summary);
  return result;
}

}  // namespace

MethodOptions method_options(std::string_view name, std::int64_t context_dims) {
  if (name == "columns") {
    ColumnOptions options;
    options.context_dims = context_dims;
    return options;
  }
  if (name == "gaussian") {
    GaussianOptions options;
    options.context_dims = context_dims;
    options.condition_on_context = context_dims > 0;
    return options;
  }
  if (name == "entropic") {
    SinkhornOptions options;
    options.context_dims = context_dims;
    return options;
  }
  if (name == "enot") {
    SolverOptions options;
    options.context_dims = context_dims;
    return options;
  }
  throw Error(ErrorKind::Config, "no transport solver is called \"" + std::string(name) +
                                     "\"; there are columns, gaussian, entropic and enot");
}

std::string_view name(const MethodOptions& options) {
  constexpr std::string_view kNames[] = {"columns", "gaussian", "entropic", "enot"};
  static_assert(std::size(kNames) == std::variant_size_v<MethodOptions>);
  return kNames[options.index()];
}

MapFit fit_map(const Sample& source, const Sample& target, const MethodOptions& options,
               const core::Context& context, const FitRun& run) {
  const auto begin = std::chrono::steady_clock::now();
  // What every solver needs is said once, in the same words.
  require_usable(source.rows, "source", 2);
  require_usable(target.rows, "target", 2);
  require_same_dim(source.rows, target.rows, "source and target");
  require_weights(source.weights, source.rows.count, "source");
  require_weights(target.weights, target.rows.count, "target");
  MapFit result =
      std::visit([&](const auto& how) { return fit(source, target, how, context, run); }, options);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace isoscan::transport
