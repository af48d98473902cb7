#include "isoscan/domain/shared_refinement.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"

#include "shared_network.hpp"
#include "shared_step.hpp"
#include "whitening.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;

constexpr std::int64_t kChunk = 2048;  // rows of one sum: the same sums for every thread count
constexpr int kRounds = 8;             // of Gauss and Newton
constexpr int kHalvings = 6;
constexpr double kSettled = 1e-4;  // of the objective, which is 1 at the start
constexpr double kFloor = 0.01;    // error, white matter = 1, that a site's own is weighed against

void require_fit(const SharedRestorer& shared, const SiteRows& pairs) {
  if (pairs.targets.empty() ||
      pairs.rows.size() != pairs.targets.size() * static_cast<std::size_t>(shared.dims))
    throw Error(ErrorKind::Input, "the made pairs do not fit the shared restorer");
}

/// The rows as the network reads them.
at::Tensor turned(const SharedRestorer& shared, const SiteRows& pairs, int threads) {
  require_fit(shared, pairs);
  const auto list = [](const std::vector<double>& values) {
    return at::from_blob(const_cast<double*>(values.data()), {static_cast<std::int64_t>(values.size())},
                         at::kDouble)
        .clone();
  };
  Whitening white;
  white.mean = list(shared.row_mean);
  white.scale = list(shared.row_scale);
  white.matrix = at::from_blob(const_cast<float*>(shared.turn.data()), {shared.dims, shared.dims}, at::kFloat)
                     .to(at::kDouble);
  at::Tensor rows = at::from_blob(const_cast<float*>(pairs.rows.data()),
                                  {static_cast<std::int64_t>(pairs.targets.size()), shared.dims}, at::kFloat)
                        .clone();
  whiten(rows, white, threads);
  return rows;
}

/// (n), in units of the scale.
at::Tensor targets_of(const SharedRestorer& shared, const SiteRows& pairs) {
  return at::from_blob(const_cast<float*>(pairs.targets.data()),
                       {static_cast<std::int64_t>(pairs.targets.size())}, at::kFloat) /
         shared.scale;
}

at::Tensor flat_of(const std::vector<float>& values) {
  return at::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())},
                       at::kFloat)
      .clone();
}

/// The code about which a fit goes on, in units of its prior.
class Chart {
 public:
  Chart(const SharedRestorer& shared, const std::vector<float>& code) : centre_(code) {
    const c10::InferenceMode no_graph;
    const SharedNetwork network = network_of(shared);
    const auto s = static_cast<std::int64_t>(shared.reference.size());
    const at::Tensor made = flat_of(shared.made_statistics)
                                .view({static_cast<std::int64_t>(shared.made_statistics.size()) / s, s});
    const at::Tensor codes = network.codes(network.put_together(shared), made).to(at::kDouble);
    const at::Tensor sd = codes.square().mean(0).sqrt().contiguous();
    sd_.assign(sd.data_ptr<double>(), sd.data_ptr<double>() + sd.numel());
    double length = 0.0;
    for (std::size_t c = 0; c < sd_.size(); ++c)
      length += std::pow(static_cast<double>(code[c]) / std::max(1e-9, sd_[c]), 2.0);
    length = std::min(1.0, std::sqrt(length / static_cast<double>(sd_.size())));
    for (double& v : sd_) v *= length;
  }

  [[nodiscard]] std::vector<float> code_at(const at::Tensor& y) const {
    std::vector<float> code = centre_;
    for (std::size_t c = 0; c < code.size(); ++c)
      code[c] = static_cast<float>(static_cast<double>(code[c]) + sd_[c] * y.data_ptr<double>()[c]);
    return code;
  }
  /// (c), in float.
  [[nodiscard]] at::Tensor sd() const {
    return at::from_blob(const_cast<double*>(sd_.data()), {static_cast<std::int64_t>(sd_.size())},
                         at::kDouble)
        .to(at::kFloat);
  }

 private:
  std::vector<float> centre_;
  std::vector<double> sd_;
};

/// Sums over all rows, in a fixed order.
struct Sums {
  double square = 0.0;  ///< of the errors
  at::Tensor slope;     ///< (c): of J' error
  at::Tensor curve;     ///< (c, c): of J' J
};

/// @param directions  (c, numbers): what a step in each of the chart's numbers adds to the vector; undefined:
/// the errors alone
Sums sums_of(const SharedNetwork& network, const at::Tensor& flat, const at::Tensor& vector,
             const at::Tensor& rows, const at::Tensor& targets, const at::Tensor& directions,
             const core::Context& context) {
  const std::int64_t chunks = (rows.size(0) + kChunk - 1) / kChunk;
  std::vector<Sums> parts(static_cast<std::size_t>(chunks));
  core::parallel_for(chunks, context.threads, [&](std::int64_t begin, std::int64_t end) {
    const c10::InferenceMode no_graph;
    for (std::int64_t n = begin; n < end; ++n) {
      context.check_stop();
      const std::int64_t count = std::min(kChunk, rows.size(0) - n * kChunk);
      const at::Tensor some = rows.narrow(0, n * kChunk, count);
      Sums& part = parts[static_cast<std::size_t>(n)];
      at::Tensor by_vector;
      at::Tensor answer =
          network.f_and_slope(flat, some, vector, directions.defined() ? &by_vector : nullptr) -
          network.f_and_slope(flat, some, {}, nullptr);
      const at::Tensor error = targets.narrow(0, n * kChunk, count) - answer;
      part.square = error.to(at::kDouble).square().sum().item<double>();
      if (!directions.defined()) continue;
      const at::Tensor j = by_vector.matmul(directions.t());
      part.slope = j.t().mv(error).to(at::kDouble);
      part.curve = j.t().matmul(j).to(at::kDouble);
    }
  });
  Sums sum = parts.front();
  for (std::size_t n = 1; n < parts.size(); ++n) {
    sum.square += parts[n].square;
    if (!directions.defined()) continue;
    sum.slope = sum.slope + parts[n].slope;
    sum.curve = sum.curve + parts[n].curve;
  }
  return sum;
}

}  // namespace

std::vector<float> refined_code(const SharedRestorer& shared, const std::vector<float>& code,
                                const SiteRows& pairs, double prior, const core::Context& context) {
  if (!(prior >= 0.0)) throw Error(ErrorKind::Config, "the prior's weight must be 0 or more");
  const at::Tensor vector_at_start = flat_of(vector_of_code(shared, code));
  require_fit(shared, pairs);
  if (std::isinf(prior)) return code;
  const c10::InferenceMode no_graph;
  const SharedNetwork network = network_of(shared);
  const at::Tensor flat = network.put_together(shared);
  const at::Tensor rows = turned(shared, pairs, context.threads);
  const at::Tensor targets = targets_of(shared, pairs);
  const Chart chart(shared, code);
  const auto c = static_cast<std::int64_t>(code.size());
  const at::Tensor directions = chart.sd().unsqueeze(1) * flat_of(shared.directions).view({c, -1});
  const auto count = static_cast<double>(rows.size(0));
  at::Tensor y = at::zeros({c}, at::kDouble);
  at::Tensor vector = vector_at_start;
  Sums here = sums_of(network, flat, vector, rows, targets, directions, context);
  const double start = std::max(1e-12, here.square);
  const double weight = prior / static_cast<double>(c);
  const auto objective = [&](double square, const at::Tensor& at) {
    return square / start + weight * at.square().sum().item<double>();
  };
  double least = objective(here.square, y);
  if (!std::isfinite(least)) throw Error(ErrorKind::Numeric, "made pairs with what is no number");
  for (int round = 0; round < kRounds; ++round) {
    // A little is added where no row says anything of a number.
    const at::Tensor curve =
        here.curve / start + at::eye(c, at::kDouble) * (weight + 1e-9 + 1e-6 * count / start);
    const at::Tensor step = at::linalg_solve(curve, here.slope / start - weight * y);
    bool better = false;
    double scale = 1.0;
    for (int halving = 0; halving < kHalvings && !better; ++halving, scale *= 0.5) {
      const at::Tensor tried = y + scale * step;
      const at::Tensor tried_vector = flat_of(vector_of_code(shared, chart.code_at(tried)));
      const double value =
          objective(sums_of(network, flat, tried_vector, rows, targets, {}, context).square, tried);
      if (!(value < least)) continue;
      better = true;
      const double gained = least - value;
      least = value;
      y = tried;
      vector = tried_vector;
      if (gained < kSettled) return chart.code_at(y);
    }
    context.progress.report(static_cast<double>(round + 1) / kRounds);
    if (!better) break;
    here = sums_of(network, flat, vector, rows, targets, directions, context);
  }
  return chart.code_at(y);
}

std::string WeightOptions::problem() const {
  if (steps < 1 || steps > 10'000'000) return "restore.weights.steps must lie in 1..10000000";
  if (sites < 2 * kShards || sites > 65536 || sites % (2 * kShards) != 0)
    return "restore.weights.sites must be a multiple of 8 in 8..65536";
  if (rows < 1 || rows > 65536) return "restore.weights.rows must lie in 1..65536";
  if (!(rate > 0.0 && rate < 1.0)) return "restore.weights.rate must lie in 0..1";
  if (basis_every < 0 || basis_every > 100'000) return "restore.weights.basis_every must lie in 0..100000";
  if (!(average >= 0.0 && average < 1.0)) return "restore.weights.average must lie in 0..1, below 1";
  return {};
}

namespace {

/// A site to draw rows from.
struct Taught {
  at::Tensor rows, targets, vector;
  double weight = 1.0;  ///< of its squared errors: one over its own size
};

Taught taught(const SharedRestorer& shared, const std::vector<float>& vector, const SiteRows& pairs,
              int threads) {
  Taught site{turned(shared, pairs, threads), targets_of(shared, pairs), flat_of(vector)};
  const double square = site.targets.square().mean().item<double>();
  site.weight = 1.0 / (square + std::pow(kFloor / shared.scale, 2.0));
  return site;
}

struct Draw {
  at::Tensor rows, targets, vectors, weights;
};

void draw(Draw& to, const std::vector<Taught>& sites, std::int64_t each, core::Random& random) {
  const std::int64_t count = to.weights.size(0);
  const std::int64_t dims = to.rows.size(1);
  for (std::int64_t s = 0; s < count; ++s) {
    const bool itself = sites.size() < 2 || s % 2 == 0;
    const Taught& site = sites[itself ? 0 : 1 + random.below(sites.size() - 1)];
    to.weights.data_ptr<float>()[s] = static_cast<float>(site.weight);
    to.vectors[s].copy_(site.vector);
    for (std::int64_t r = 0; r < each; ++r) {
      const auto from =
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(site.targets.size(0))));
      std::memcpy(to.rows.data_ptr<float>() + (s * each + r) * dims,
                  site.rows.data_ptr<float>() + from * dims, static_cast<std::size_t>(dims) * sizeof(float));
      to.targets.data_ptr<float>()[s * each + r] = site.targets.data_ptr<float>()[from];
    }
  }
}

}  // namespace

std::vector<float> refined_weights(const SharedRestorer& shared, const std::vector<float>& site_vector,
                                   const SiteRows& pairs, const std::vector<NearSite>& near,
                                   const WeightOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  const SharedNetwork network = network_of(shared);
  std::vector<Taught> sites{taught(shared, site_vector, pairs, context.threads)};
  for (const NearSite& one : near) sites.push_back(taught(shared, one.vector, one.pairs, context.threads));
  at::Tensor parameters = flat_of(shared.parameters);
  transport::nn::Adam adam =
      shared_adam(options.rate, options.basis_every, parameters.numel(), network.restorer_matrices());
  const std::int64_t part = options.sites / kShards;
  std::vector<Draw> draws(kShards);
  for (Draw& d : draws) {
    d.rows = at::empty({part * options.rows, shared.dims}, at::kFloat);
    d.targets = at::empty({part * options.rows}, at::kFloat);
    d.vectors = at::empty({part, static_cast<std::int64_t>(site_vector.size())}, at::kFloat);
    d.weights = at::empty({part}, at::kFloat);
  }
  at::Tensor averaged = parameters.clone();
  core::Random pick(context.seed, "refined weights");
  const auto loss_of = [&](const at::Tensor& weights, std::size_t n) {
    const Draw& d = draws[n];
    const at::Tensor error = network.answers(weights, d.rows, d.vectors, options.rows) - d.targets;
    return (error.view({part, options.rows}).square().mean(1) * d.weights).sum() / options.sites;
  };
  for (int step = 0; step < options.steps; ++step) {
    context.check_stop();
    for (Draw& d : draws) draw(d, sites, options.rows, pick);
    take_step({step, options.steps, options.average, "refining the shared restorer's weights ran away"},
              loss_of, parameters, averaged, adam, context);
  }
  const at::Tensor plain = averaged.contiguous();
  return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

double error_db(const SharedRestorer& shared, const std::vector<float>& site_vector, const SiteRows& pairs) {
  require_fit(shared, pairs);
  const RestorerFunction of_site(restorer_of(shared, site_vector));
  const RestorerFunction of_reference(restorer_of(shared, {}));
  std::vector<float> with(pairs.targets.size());
  std::vector<float> without(pairs.targets.size());
  for (std::size_t first = 0; first < with.size(); first += kChunk) {
    const auto count = static_cast<std::int64_t>(std::min<std::size_t>(kChunk, with.size() - first));
    const float* rows = pairs.rows.data() + first * static_cast<std::size_t>(shared.dims);
    of_site(rows, count, with.data() + first);
    of_reference(rows, count, without.data() + first);
  }
  double after = 1e-12;
  double before = 1e-12;
  for (std::size_t n = 0; n < with.size(); ++n) {
    const double target = pairs.targets[n];
    after += std::pow(static_cast<double>(with[n]) - static_cast<double>(without[n]) - target, 2.0);
    before += target * target;
  }
  return 10.0 * std::log10(after / before);
}

}  // namespace isoscan::domain
