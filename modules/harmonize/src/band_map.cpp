#include "band_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/gaussian.hpp"
#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/solver.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;
using transport::Rows;

Rows columns_of(const std::vector<float>& values, std::size_t dims, const std::vector<std::size_t>& columns) {
  const std::size_t count = values.size() / dims;
  Rows rows(static_cast<std::int64_t>(count), static_cast<std::int64_t>(columns.size()));
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      rows.values[r * columns.size() + c] = values[r * dims + columns[c]];
    }
  }
  return rows;
}

struct Problem {
  features::BandSpace space;
  std::vector<std::size_t> columns;
  std::vector<double> weights;  ///< of the cost, one a band
  Rows target;
  std::int64_t context_dims = 0;
};

transport::AffineMap gaussian_start(const Rows& source, const Problem& problem, std::size_t people) {
  transport::GaussianOptions options;
  options.cost_weights = problem.weights;
  options.context_dims = problem.context_dims;
  options.keep_source = transport::kept_share(static_cast<double>(people), problem.space.bands());
  options.towards = transport::ShrinkTowards::Target;  // few people: fall back to moving the mean alone
  return transport::fit_gaussian(source, problem.target, options);
}

transport::SolverOptions solver_options(const EnotOptions& enot, const Problem& problem) {
  transport::SolverOptions options;
  options.expectile = enot.expectile;
  options.expectile_weight = enot.expectile_weight;
  options.steps = enot.steps;
  options.map_steps = enot.map_steps;
  options.batch = enot.batch;
  options.map_kind = transport::MapKind::Free;
  options.map_network.hidden.assign(enot.map_hidden.begin(), enot.map_hidden.end());
  options.potential_network.hidden.assign(enot.potential_hidden.begin(), enot.potential_hidden.end());
  options.map_adam.rate = enot.map_rate;
  options.potential_adam.rate = enot.potential_rate;
  options.cost_weights = problem.weights;
  options.context_dims = problem.context_dims;
  return options;
}

transport::Fit train(const Rows& source, const Problem& problem, std::size_t people, const EnotOptions& enot,
                     const core::Context& context, const std::string& stream) {
  transport::SolverOptions options = solver_options(enot, problem);
  if (enot.start_at_gaussian) options.start = gaussian_start(source, problem, people);
  const transport::Sampler from(source, context.seed, "harmonize.site." + stream);
  const transport::Sampler to(problem.target, context.seed, "harmonize.reference." + stream);
  transport::Fit fit = transport::fit_enot(from, to, options, context);
  if (!fit.summary.usable) {
    throw Error(ErrorKind::Numeric, "training of the ENOT map failed (" + fit.summary.ended +
                                        "): try a smaller learning rate, or the method \"two-pass\"");
  }
  return fit;
}

std::vector<float> rows_of(const std::vector<const domain::LevelSummary*>& scans) {
  std::vector<float> rows;
  for (const auto* scan : scans) rows.insert(rows.end(), scan->rows.begin(), scan->rows.end());
  return rows;
}

/// The maps of two disjoint halves of the site's people and what they agree on: the share of the displacement
/// that belongs to the scanner, not to whom it saw.
double half_agreement(const std::vector<const domain::LevelSummary*>& scans, const Problem& problem,
                      const EnotOptions& enot, const core::Context& context) {
  std::array<std::vector<const domain::LevelSummary*>, 2> halves;
  for (std::size_t n = 0; n < scans.size(); ++n) halves[n % 2].push_back(scans[n]);
  const Rows all = columns_of(rows_of(scans), scans.front()->dims(), problem.columns);
  std::array<Rows, 2> displacement;
  for (std::size_t h = 0; h < 2; ++h) {
    const Rows source = columns_of(rows_of(halves[h]), scans.front()->dims(), problem.columns);
    const core::Context part =
        context.slice(0.5 * static_cast<double>(h), 0.5 * static_cast<double>(h + 1), "half");
    displacement[h] = train(source, problem, halves[h].size(), enot, part, "half" + std::to_string(h))
                          .map.displacement(all, context.threads);
  }
  return transport::agreement(displacement[0], displacement[1]);
}

}  // namespace

std::vector<std::size_t> map_columns(const features::BandSpace& space,
                                     const std::vector<std::string>& context) {
  const std::vector<std::string> names = space.names();
  std::vector<std::size_t> columns;
  for (int b = 0; b < space.bands(); ++b) columns.push_back(static_cast<std::size_t>(b));
  for (const std::string& wanted : context) {
    const auto found = std::find(names.begin() + space.bands(), names.end(), wanted);
    if (found == names.end())
      throw Error(ErrorKind::Config, "enot.context: no context column \"" + wanted + "\"");
    columns.push_back(static_cast<std::size_t>(found - names.begin()));
  }
  return columns;
}

namespace {

/// What the file says of its level has the columns that this program makes. The file's own parts were held
/// against each other when it was read (domain).
void require_columns(const features::BandSpace& space, const domain::LevelSummary& level,
                     const std::string& what) {
  if (static_cast<std::size_t>(space.dims()) == level.dims()) return;
  throw Error(ErrorKind::Input, what + " has " + std::to_string(level.dims()) +
                                    " feature columns where this version of Isoscan makes " +
                                    std::to_string(space.dims()) + ": make it again");
}

}  // namespace

void fit_band_map(domain::SiteModel& model, FitSummary& summary,
                  const std::vector<const domain::LevelSummary*>& scans,
                  const domain::ReferencePackage& reference, const FitOptions& options,
                  const core::Context& context) {
  const domain::LevelSummary& level = reference.level(model.spacing_mm).pooled;
  if (level.row_count() == 0)
    throw core::Error(
        core::ErrorKind::Input,
        "the reference package holds no sample of feature rows, which the method \"" +
            std::string(domain::name(model.method)) +
            "\" needs: make it without --without-sample, or choose --method restore or two-pass");
  Problem problem;
  problem.space.spacing_mm = level.spacing_mm;
  problem.space.sd_mm = level.band_sd_mm;
  require_columns(problem.space, level, "the reference package");
  const std::vector<std::string> read =
      model.method == Method::Enot ? options.enot.context : std::vector<std::string>{};
  problem.columns = map_columns(problem.space, read);
  problem.context_dims = static_cast<std::int64_t>(read.size());
  problem.weights =
      features::cost_weights({level.feature_mean, level.feature_sd}, problem.space, reference.alpha);
  problem.target = columns_of(level.rows, level.dims(), problem.columns);
  const Rows source = columns_of(rows_of(scans), scans.front()->dims(), problem.columns);

  model.band_sd_mm = level.band_sd_mm;
  const std::vector<std::string> names = problem.space.names();
  for (const std::size_t column : problem.columns) model.map_columns.push_back(names[column]);
  if (model.method == Method::Gaussian) {
    model.map = transport::FittedMap(gaussian_start(source, problem, scans.size())).to_tensors();
    summary.ended = "closed form";
    return;
  }
  const bool halves = options.enot.shrink && scans.size() >= 2;
  const core::Context whole = context.slice(0.0, halves ? 1.0 / 3.0 : 1.0, "enot");
  transport::Fit fit = train(source, problem, scans.size(), options.enot, whole, "all");
  summary.steps = fit.summary.steps;
  summary.ended = fit.summary.ended;
  for (const auto& record : fit.summary.log) {
    summary.logged_steps.push_back(record.step);
    summary.dual.push_back(record.dual);
    summary.map_cost.push_back(record.map_cost);
  }
  if (halves) {
    model.shrinkage =
        half_agreement(scans, problem, options.enot, context.slice(1.0 / 3.0, 1.0, "enot halves"));
  }
  summary.shrinkage = model.shrinkage;
  model.map = fit.map.to_tensors();
}

core::Volume apply_band_map(const core::Volume& matched, const core::Mask& brain,
                            const domain::SiteModel& model, const core::Context& context) {
  features::BandSpace space;
  space.spacing_mm = model.spacing_mm;
  space.sd_mm = model.band_sd_mm;
  require_columns(space, model.reference, "the site model");
  if (model.map_columns.size() < static_cast<std::size_t>(space.bands()))
    throw Error(ErrorKind::Input, "the site model's map reads fewer columns than there are bands");
  const std::vector<std::string> context_columns(model.map_columns.begin() + space.bands(),
                                                 model.map_columns.end());
  const std::vector<std::string> names = space.names();
  for (const std::string& wanted : context_columns) {
    if (std::find(names.begin() + space.bands(), names.end(), wanted) == names.end())
      throw Error(ErrorKind::Input,
                  "the site model's map reads the column \"" + wanted +
                      "\", which this version of Isoscan does not make: adapt the site again");
  }
  const std::vector<std::size_t> columns = map_columns(space, context_columns);
  const features::BandRows full = features::encode(matched, brain, space, context);
  const Rows rows = columns_of(full.values, static_cast<std::size_t>(full.dims), columns);
  const transport::FittedMap map = transport::FittedMap::from_tensors(model.map);
  const Rows moved = map.displacement(rows, context.threads);
  core::Volume out = matched;
  for (std::size_t r = 0; r < full.rows(); ++r) {
    double change = 0.0;  // the bands sum to the image, so their changes sum to its change
    for (int b = 0; b < space.bands(); ++b)
      change += static_cast<double>(moved.at(static_cast<std::int64_t>(r), b));
    out.voxels[full.voxels[r]] += static_cast<float>(model.shrinkage * change);
  }
  return out;
}

}  // namespace isoscan::harmonize
