#include "isoscan/domain/shared_restorer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/domain/shared_training.hpp"
#include "isoscan/transport/nn/adam.hpp"
#include "isoscan/transport/nn/threads.hpp"

#include "shared_network.hpp"
#include "shared_progress.hpp"
#include "shared_step.hpp"
#include "whitening.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;

constexpr double kFloor = 0.01;      // error, white matter = 1, that a site's own is weighed against
constexpr double kStartSize = 0.05;  // of the site vectors at the start
constexpr std::size_t kLeastSites = 8;
constexpr std::size_t kJudgedRows = 1000;

/// The scans of one site.
struct Site {
  std::vector<std::size_t> scans;
  double weight = 1.0;  ///< of its squared errors
};

struct Data {
  std::vector<SharedScan>& scans;
  std::vector<at::Tensor> statistics;  ///< (s) of each scan, less the reference's, in units of the spread
  std::vector<Site> learnt, held_out;
};

std::vector<double> mean_of(const std::vector<std::vector<double>>& lists) {
  std::vector<double> mean(lists.front().size(), 0.0);
  for (const auto& list : lists) {
    if (list.size() != mean.size())
      throw Error(ErrorKind::Input, "shared restorer: scans with different statistics");
    for (std::size_t n = 0; n < mean.size(); ++n) mean[n] += list[n] / static_cast<double>(lists.size());
  }
  return mean;
}

std::vector<double> spread_of(const std::vector<SharedScan>& scans, const std::vector<double>& centre) {
  std::vector<double> square(centre.size(), 0.0);
  double count = 0.0;
  for (const SharedScan& scan : scans) {
    if (scan.held_out) continue;
    for (std::size_t n = 0; n < square.size(); ++n)
      square[n] += (scan.statistics[n] - centre[n]) * (scan.statistics[n] - centre[n]);
    count += 1.0;
  }
  for (double& v : square) v = std::max(1e-9, std::sqrt(v / count));
  return square;
}

std::vector<Site> sites_of(const std::vector<SharedScan>& scans, bool held_out, double scale) {
  std::vector<Site> sites;
  std::vector<std::size_t> place;
  for (std::size_t n = 0; n < scans.size(); ++n) {
    if (scans[n].held_out != held_out || scans[n].targets.empty()) continue;
    if (scans[n].site >= place.size()) place.resize(scans[n].site + 1, SIZE_MAX);
    if (place[scans[n].site] == SIZE_MAX) {
      place[scans[n].site] = sites.size();
      sites.emplace_back();
    }
    sites[place[scans[n].site]].scans.push_back(n);
  }
  for (Site& site : sites) {
    double square = 0.0;
    double count = 0.0;
    for (const std::size_t n : site.scans) {
      for (const float t : scans[n].targets) square += static_cast<double>(t) * static_cast<double>(t);
      count += static_cast<double>(scans[n].targets.size());
    }
    site.weight = scale * scale / (square / count + kFloor * kFloor);
  }
  return sites;
}

/// What a shard of a step reads.
struct Draw {
  at::Tensor rows;        ///< (sites * rows, dims)
  at::Tensor targets;     ///< (sites * rows), in units of the scale
  at::Tensor weights;     ///< (sites)
  at::Tensor statistics;  ///< (sites, s)
};

void draw(Draw& to, const Data& data, const SharedRestorerOptions& options, const std::vector<int>& groups,
          double scale, std::int64_t dims, core::Random& random) {
  const std::int64_t sites = to.weights.size(0);
  const int group_count = groups.empty() ? 0 : 1 + *std::max_element(groups.begin(), groups.end());
  to.statistics.zero_();
  for (std::int64_t s = 0; s < sites; ++s) {
    const Site& site = data.learnt[random.below(data.learnt.size())];
    to.weights.data_ptr<float>()[s] = static_cast<float>(site.weight);
    // Of one scan, or of several.
    std::vector<std::size_t> shown = site.scans;
    for (std::size_t n = shown.size(); n > 1; --n) std::swap(shown[n - 1], shown[random.below(n)]);
    shown.resize(1 + random.below(shown.size()));
    at::Tensor statistics = to.statistics[s];
    for (const std::size_t n : shown)
      statistics.add_(data.statistics[n], 1.0 / static_cast<double>(shown.size()));
    for (int g = 0; g < group_count; ++g) {
      if (random.uniform() >= options.drop) continue;
      for (std::size_t n = 0; n < groups.size(); ++n) {
        if (groups[n] == g) statistics.data_ptr<float>()[n] = 0.0F;
      }
    }
    for (std::int64_t r = 0; r < options.rows; ++r) {
      const SharedScan& scan = data.scans[site.scans[random.below(site.scans.size())]];
      const std::size_t from = random.below(scan.targets.size());
      const std::int64_t row = s * options.rows + r;
      std::memcpy(to.rows.data_ptr<float>() + row * dims,
                  scan.rows.data() + from * static_cast<std::size_t>(dims),
                  static_cast<std::size_t>(dims) * sizeof(float));
      to.targets.data_ptr<float>()[row] = static_cast<float>(static_cast<double>(scan.targets[from]) / scale);
    }
  }
}

/// log10 of the held-out sites' squared error after over before, mean, in dB.
double judged(const Data& data, const SharedNetwork& network, const at::Tensor& parameters, double scale,
              std::int64_t dims, int threads) {
  std::vector<double> db(data.held_out.size(), 0.0);
  core::parallel_for(
      static_cast<std::int64_t>(db.size()), threads, [&](std::int64_t begin, std::int64_t end) {
        const c10::InferenceMode no_graph;
        for (std::int64_t n = begin; n < end; ++n) {
          const Site& site = data.held_out[static_cast<std::size_t>(n)];
          // The statistics of one scan and the rows of another, where there are two: as of a new scan of the
          // site.
          SharedScan& scan = data.scans[site.scans.back()];
          const auto count = static_cast<std::int64_t>(std::min(kJudgedRows, scan.targets.size()));
          const at::Tensor rows = at::from_blob(scan.rows.data(), {count, dims}, at::kFloat);
          const at::Tensor targets = at::from_blob(scan.targets.data(), {count}, at::kFloat) / scale;
          const at::Tensor vector =
              network.site_vectors(parameters, data.statistics[site.scans.front()].unsqueeze(0));
          const at::Tensor answer = network.answers(parameters, rows, vector, count);
          const double after = (answer - targets).square().mean().item<double>();
          const double before = targets.square().mean().item<double>();
          db[static_cast<std::size_t>(n)] =
              10.0 * std::log10((after * scale * scale + 1e-8) / (before * scale * scale + 1e-8));
        }
      });
  double sum = 0.0;
  for (const double v : db) sum += v / static_cast<double>(db.size());
  return sum;
}

void fit_distances(SharedRestorer& shared, const Data& data) {
  const c10::InferenceMode no_graph;
  const auto site_mean = [&](const Site& site) {
    at::Tensor mean = at::zeros_like(data.statistics.front(), at::kDouble);
    for (const std::size_t n : site.scans)
      mean.add_(data.statistics[n].to(at::kDouble), 1.0 / static_cast<double>(site.scans.size()));
    return mean;
  };
  std::vector<at::Tensor> rows;
  for (const Site& site : data.learnt) rows.push_back(site_mean(site));
  const at::Tensor e = at::stack(rows);
  const at::Tensor covariance = e.t().matmul(e) / static_cast<double>(e.size(0));
  constexpr double kShrinkage = 0.1;
  const at::Tensor shrunk = covariance * (1.0 - kShrinkage) + at::diag(covariance.diag() * kShrinkage + 1e-9);
  const at::Tensor lower = at::linalg_cholesky(shrunk);
  const at::Tensor factor = at::linalg_solve(lower, at::eye(lower.size(0), at::kDouble)).contiguous();
  shared.known_factor.assign(factor.data_ptr<double>(), factor.data_ptr<double>() + factor.numel());
  for (const Site& site : data.held_out)
    shared.known_distances.push_back(factor.mv(site_mean(site)).norm().item<double>());
  std::sort(shared.known_distances.begin(), shared.known_distances.end());
}

std::vector<float> floats_of(const at::Tensor& t) {
  const at::Tensor plain = t.to(at::kFloat).contiguous();
  return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

std::vector<double> doubles_of(const at::Tensor& t) {
  const at::Tensor plain = t.to(at::kDouble).contiguous();
  return {plain.data_ptr<double>(), plain.data_ptr<double>() + plain.numel()};
}

void require_usable(const std::vector<SharedScan>& scans, const std::vector<std::vector<double>>& reference,
                    std::size_t statistics, int dims) {
  if (reference.empty()) throw Error(ErrorKind::Input, "shared restorer: no statistics of the reference");
  for (const SharedScan& scan : scans) {
    if (scan.statistics.size() != statistics ||
        scan.rows.size() != scan.targets.size() * static_cast<std::size_t>(dims))
      throw Error(ErrorKind::Input, "shared restorer: scans with different statistics or rows");
    for (const double v : scan.statistics) {
      if (!std::isfinite(v)) throw Error(ErrorKind::Numeric, "shared restorer: a statistic is not finite");
    }
  }
}

}  // namespace

std::string SharedRestorerOptions::problem() const {
  for (const auto* widths : {&hidden, &hyper_hidden}) {
    if (widths->empty()) return "shared_restorer.hidden and hyper_hidden need at least one layer";
    for (const int width : *widths) {
      if (width < 1 || width > 4096)
        return "shared_restorer.hidden and hyper_hidden: widths must lie in 1..4096";
    }
  }
  if (bottleneck < 1 || bottleneck > 4096) return "shared_restorer.bottleneck must lie in 1..4096";
  if (steps < 1 || steps > 10'000'000) return "shared_restorer.steps must lie in 1..10000000";
  if (sites < kShards || sites > 65536 || sites % kShards != 0)
    return "shared_restorer.sites must be a multiple of 4 in 4..65536";
  if (rows < 1 || rows > 65536) return "shared_restorer.rows must lie in 1..65536";
  if (!(rate > 0.0 && rate < 1.0)) return "shared_restorer.rate must lie in 0..1";
  if (basis_every < 0 || basis_every > 100'000) return "shared_restorer.basis_every must lie in 0..100000";
  if (!(average >= 0.0 && average < 1.0)) return "shared_restorer.average must lie in 0..1, below 1";
  if (!(drop >= 0.0 && drop < 1.0)) return "shared_restorer.drop must lie in 0..1, below 1";
  if (judge_every < 1) return "shared_restorer.judge_every must be at least 1";
  return {};
}

SharedRestorerFit fit_shared_restorer(std::vector<SharedScan>& scans,
                                      const std::vector<std::vector<double>>& reference,
                                      const std::vector<std::string>& names, const std::vector<int>& groups,
                                      int dims, const SharedRestorerOptions& options,
                                      const core::Context& context) {
  return fit_shared_restorer(scans, reference, names, groups, dims, options, context, {});
}

SharedRestorerFit fit_shared_restorer(std::vector<SharedScan>& scans,
                                      const std::vector<std::vector<double>>& reference,
                                      const std::vector<std::string>& names, const std::vector<int>& groups,
                                      int dims, const SharedRestorerOptions& options,
                                      const core::Context& context, const SharedRestorerRun& run) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  transport::use_torch_threads();
  require_usable(scans, reference, names.size(), dims);
  SharedRestorerFit fit;
  SharedRestorer& shared = fit.restorer;
  shared.dims = dims;
  shared.hidden = options.hidden;
  shared.hyper_hidden = options.hyper_hidden;
  shared.statistics = names;
  shared.reference = mean_of(reference);
  shared.spread = spread_of(scans, shared.reference);

  double square = 0.0;
  double count = 0.0;
  for (const SharedScan& scan : scans) {
    for (const float t : scan.targets) square += static_cast<double>(t) * static_cast<double>(t);
    count += static_cast<double>(scan.targets.size());
  }
  shared.scale = std::max(1e-6, std::sqrt(square / std::max(1.0, count)));
  if (!std::isfinite(shared.scale)) throw Error(ErrorKind::Numeric, "shared restorer: a voxel is not finite");
  Data data{scans, {}, sites_of(scans, false, shared.scale), sites_of(scans, true, shared.scale)};
  if (data.learnt.size() < kLeastSites || data.held_out.empty())
    throw Error(ErrorKind::Input, "a shared restorer needs at least " + std::to_string(kLeastSites) +
                                      " virtual sites to learn from and one held out");
  shared.sites = static_cast<int>(data.learnt.size());
  for (const SharedScan& scan : scans) data.statistics.push_back(standardised(shared, scan.statistics));
  for (const std::vector<double>& person : reference) {
    const std::vector<float> row = floats_of(standardised(shared, person));
    shared.people.insert(shared.people.end(), row.begin(), row.end());
  }

  std::vector<at::Tensor> parts;
  for (SharedScan& scan : scans) {
    if (!scan.held_out && !scan.targets.empty())
      parts.push_back(at::from_blob(scan.rows.data(), {static_cast<std::int64_t>(scan.targets.size()), dims},
                                    at::kFloat));
  }
  const Whitening white = whitening_of(parts);
  for (SharedScan& scan : scans)
    whiten(
        at::from_blob(scan.rows.data(), {static_cast<std::int64_t>(scan.targets.size()), dims}, at::kFloat),
        white, context.threads);
  shared.row_mean = doubles_of(white.mean);
  shared.row_scale = doubles_of(white.scale);
  shared.turn = floats_of(white.matrix);

  core::Random random(context.seed, "shared restorer.weights");
  const SharedNetwork network(dims, options.hidden, static_cast<int>(names.size()), options.hyper_hidden,
                              options.bottleneck);
  const at::Tensor parameters = network.start(random, kStartSize);
  transport::nn::Adam adam =
      shared_adam(options.rate, options.basis_every, parameters.numel(), network.matrices());
  const std::int64_t part = options.sites / kShards;
  std::vector<Draw> draws(kShards);
  for (Draw& d : draws) {
    d.rows = at::empty({part * options.rows, dims}, at::kFloat);
    d.targets = at::empty({part * options.rows}, at::kFloat);
    d.weights = at::empty({part}, at::kFloat);
    d.statistics = at::zeros({part, static_cast<std::int64_t>(names.size())}, at::kFloat);
  }
  SharedProgress at{parameters, parameters.clone(), parameters.clone(),
                    core::Random(context.seed, "shared restorer.batches")};
  if (run.resume != nullptr) restore(at, fit, adam, *run.resume);
  const auto loss_of = [&](const at::Tensor& flat, std::size_t n) {
    const Draw& d = draws[n];
    const at::Tensor vectors = network.site_vectors(flat, d.statistics);
    const at::Tensor error = network.answers(flat, d.rows, vectors, options.rows) - d.targets;
    return (error.view({part, options.rows}).square().mean(1) * d.weights).sum() / options.sites;
  };
  for (int step = at.steps; step < options.steps; ++step) {
    context.check_stop();
    for (Draw& d : draws) draw(d, data, options, groups, shared.scale, dims, at.pick);
    take_step({step, options.steps, options.average,
               "training of the shared restorer ran away: try a smaller rate"},
              loss_of, at.parameters, at.averaged, adam, context);
    if ((step + 1) % options.judge_every != 0 && step + 1 != options.steps) continue;
    const double db = judged(data, network, at.averaged, shared.scale, dims, context.threads);
    fit.judged_steps.push_back(step + 1);
    fit.held_out_db.push_back(db);
    if (db < at.best_db) {
      at.best_db = db;
      at.best = at.averaged.clone();
      fit.best_step = step + 1;
    }
    at.steps = step + 1;
    if (run.save && at.steps != options.steps) run.save(checkpoint_of(at, fit, adam));
    if (run.watch) run.watch(fit);
  }
  network.take_apart(at.best, shared);
  fit_distances(shared, data);
  return fit;
}

}  // namespace isoscan::domain
