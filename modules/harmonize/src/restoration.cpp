#include "isoscan/harmonize/restoration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"

#include "failures.hpp"
#include "gates.hpp"
#include "made_pairs.hpp"
#include "nearness.hpp"
#include "sharper_site.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;

constexpr std::int64_t kBlock = 4096;
constexpr std::size_t kComparedScans = 8;  // made to see which acquisition is nearer
constexpr double kChanceDistance = 0.001;  // energy distance that true scans of other people show
constexpr double kClearlyNearer = 0.75;    // of the distance without a filter

features::PatchSpace patch_space(const domain::SiteModel& model) {
  features::PatchSpace space;
  space.ball = model.patch_ball;
  space.surroundings = model.patch_surroundings;
  if (const std::string problem = space.problem(); !problem.empty())  // of the file, not of an option
    throw Error(ErrorKind::Input, "the site model: " + problem + ": adapt the site again");
  return space;
}

/// What the model's restorers say that a voxel lacks: the site's own, the shared one (its answer less the
/// reference's), or their mean.
class Answer {
 public:
  Answer(const domain::SiteModel& model, int dims) {
    const auto share = static_cast<float>(model.shared_share);
    const bool shared = !model.site_vector.empty();
    if (!shared || !model.restorer.empty()) add(model.restorer, shared ? 1.0F - share : 1.0F, dims);
    if (!shared) return;
    add(model.shared_restorer, model.restorer.empty() ? 1.0F : share, dims);
    add(model.reference_restorer, -parts_.back().weight, dims);
  }

  /// Calls may come from several threads. @param rows  count x dims  @param out  at least count
  void operator()(const std::vector<float>& rows, std::size_t count, std::vector<float>& out) const {
    std::vector<float> one(count);
    std::fill_n(out.begin(), count, 0.0F);
    for (const Part& part : parts_) {
      part.function(rows.data(), static_cast<std::int64_t>(count), one.data());
      for (std::size_t r = 0; r < count; ++r) out[r] += part.weight * one[r];
    }
  }

 private:
  struct Part {
    domain::RestorerFunction function;
    float weight;
  };

  void add(const domain::Restorer& restorer, float weight, int dims) {
    if (restorer.dims != dims)
      throw Error(ErrorKind::Input, "the site model's restorer reads " + std::to_string(restorer.dims) +
                                        " numbers a voxel where this version of Isoscan makes " +
                                        std::to_string(dims) + ": adapt the site again");
    parts_.push_back({domain::RestorerFunction(restorer), weight});
  }

  std::vector<Part> parts_;
};

/// Which of several acquisitions the site's scans show is seen on made scans: point spread and noise alone,
/// unless another comes clearly nearer.
void choose_nearest(domain::SiteModel& model, AcquisitionFit& fit, const domain::LevelSummary& corrected,
                    const std::function<double(const domain::Acquisition&, std::size_t)>& distance,
                    RestorationFit& distances) {
  domain::Acquisition& chosen = model.acquisition;
  if (corrected.row_count() == 0) return;
  const auto clearly_nearer = [](double one, double other) {
    return one < kClearlyNearer * other && other - one > kChanceDistance;
  };
  const bool pure = fit.with_pure_csf && is_known(*fit.with_pure_csf);
  const bool filter = fit.with_filter && is_known(*fit.with_filter);
  if (!pure && !filter) return;
  double nearest = distances.plain_distance = distance(chosen, kComparedScans);
  constexpr auto kCsf = static_cast<std::size_t>(core::Tissue::Csf);
  if (pure) {
    distances.pure_csf_distance = distance(*fit.with_pure_csf, kComparedScans);
    if (clearly_nearer(distances.pure_csf_distance, nearest)) {
      chosen = *fit.with_pure_csf;
      model.surprise = std::max(model.surprise, fit.pure_csf_surprise);
      nearest = distances.pure_csf_distance;
      if (filter) fit.with_filter->contrast[kCsf] = chosen.contrast[kCsf];
    }
  }
  if (!filter) return;
  distances.filter_distance = distance(*fit.with_filter, kComparedScans);
  if (clearly_nearer(distances.filter_distance, nearest)) chosen = *fit.with_filter;
}

}  // namespace

std::string RestoreOptions::problem() const {
  for (const std::string& bad :
       {acquisition.problem(), patches.problem(), network.problem(), uncertainty.problem()}) {
    if (!bad.empty()) return "restore: " + bad;
  }
  if (!(shared_share >= 0.0 && shared_share <= 1.0)) return "restore.shared_share must lie in 0..1";
  if (const std::string bad = weights.problem(); !bad.empty()) return bad;
  if (!((prior >= 0.0 && prior <= 1e6) || prior == std::numeric_limits<double>::infinity()))
    return "restore.prior must lie in 0..1000000";
  if (people < 2 || people > 1000) return "restore.people must lie in 2..1000";
  if (scans < 2 || scans > 10000) return "restore.scans must lie in 2..10000";
  if (rows < 100 || rows > 10'000'000) return "restore.rows must lie in 100..10000000";
  if (!(spot_rows >= 0.0 && spot_rows <= 10.0)) return "restore.spot_rows must lie in 0..10";
  if (!(jitter >= 0.0 && jitter <= 1.0)) return "restore.jitter must lie in 0..1";
  if (!(field >= 0.0 && field <= 2.0)) return "restore.field must lie in 0..2";
  if (!(edge_energy >= 0.0 && edge_energy <= 1.2)) return "restore.edge_energy must lie in 0..1.2";
  if (check_scans < 2 || check_scans > 1000) return "restore.check_scans must lie in 2..1000";
  if (!(spots_per_ml >= 0.0 && spots_per_ml <= 10.0)) return "restore.spots_per_ml must lie in 0..10";
  return {};
}

std::vector<Batch> sampled_pairs(std::size_t count, const PairMaker& make, const RestoreOptions& options,
                                 const core::Context& context) {
  std::vector<Batch> batches(count);
  Failures failures(count);
  core::Context one = context;
  one.threads = 1;
  one.progress = {};
  core::parallel_for(
      static_cast<std::int64_t>(count), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
          context.check_stop();
          core::Random random(context.seed, "restoration rows " + std::to_string(n));
          const auto place = static_cast<std::size_t>(n);
          failures.run(place, [&] {
            batches[place] =
                sampled(make(place, one), options.patches, options.rows, options.spot_rows, random, one);
          });
          context.progress.report(static_cast<double>(n - begin + 1) / static_cast<double>(end - begin));
        }
      });
  failures.require_most(kUnusable, kTooFar);
  return batches;
}

RestorationFit fit_restorer_to_pairs(domain::SiteModel& model, std::size_t count, const PairMaker& make,
                                     const RestoreOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  model.patch_ball = options.patches.ball;
  model.patch_surroundings = options.patches.surroundings;
  std::vector<Batch> batches = sampled_pairs(count, make, options, context.slice(0.0, 0.4, "pairs"));
  std::vector<float> rows;
  std::vector<float> targets;
  std::size_t numbers = 0;
  for (const Batch& batch : batches) numbers += batch.rows.size();
  rows.reserve(numbers);  // a third of a gigabyte: it must not grow by copies of itself
  for (Batch& batch : batches) {
    rows.insert(rows.end(), batch.rows.begin(), batch.rows.end());
    targets.insert(targets.end(), batch.targets.begin(), batch.targets.end());
    batch = {};
  }
  domain::RestorerFit fit = domain::fit_restorer(rows, targets, options.patches.dims(), options.network,
                                                 context.slice(0.4, 0.9, "restorer"));
  rows = {};
  model.restorer = std::move(fit.restorer);
  check_on_pairs(model, count, make, options, context.slice(0.9, 1.0, "check"));
  RestorationFit out;
  out.logged_steps = std::move(fit.logged_steps);
  out.loss = std::move(fit.loss);
  return out;
}

SitePairMaker pairs_of_site(domain::SiteModel& model, const People& people,
                            const std::vector<domain::AcquisitionEvidence>& site,
                            const domain::LevelSummary& corrected, const domain::LevelSummary& reference,
                            const RestoreOptions& options, RestorationFit& distances,
                            const core::Context& context) {
  if (people.size() < 2)
    throw Error(ErrorKind::Input,
                "restoration needs scans of at least 2 people of the reference; take more, or --method enot");
  AcquisitionFit acquisition =
      estimate_acquisition(people, site, options.acquisition, context.slice(0.0, 0.8, "acquisition"));
  model.acquisition = acquisition.found;
  model.surprise = acquisition.surprise;
  model.null_surprise = std::move(acquisition.null_surprise);
  require_known(model.acquisition);
  const auto pair = [&people, &model, &reference, seed = context.seed](
                        const domain::Acquisition& seen, const RestoreOptions& how, std::size_t n,
                        std::size_t person, const core::Context& one) {
    core::Random random(seed, "restoration pair " + std::to_string(n));
    return make_pair(people[person], seen, reference, model.atlas, how, random.seed(), one);
  };
  choose_nearest(
      model, acquisition, corrected,
      [&](const domain::Acquisition& seen, std::size_t scans) {
        RestoreOptions healthy = options;
        healthy.spots_per_ml = 0.0;
        return distance_to_site(
            corrected, std::min(scans, people.size()),
            [&](std::size_t n, const core::Context& one) {
              return pair(seen, healthy, n, n % people.size(), one);
            },
            context.slice(0.8, 1.0, "nearness"));
      },
      distances);
  return [pair, &model, &options](std::size_t n, std::size_t person, const core::Context& one) {
    return pair(model.acquisition, options, n, person, one);
  };
}

RestorationFit fit_restoration(domain::SiteModel& model, const People& people,
                               const std::vector<domain::AcquisitionEvidence>& site,
                               const domain::LevelSummary& corrected, const domain::LevelSummary& reference,
                               const RestoreOptions& options, const core::Context& context) {
  RestorationFit distances;
  const SitePairMaker make = pairs_of_site(model, people, site, corrected, reference, options, distances,
                                           context.slice(0.0, 0.3, "acquisition"));
  if (!options.match_resolution) keep_detail_of_sharper(model);
  const std::size_t count = std::max(people.size(), static_cast<std::size_t>(options.scans));
  RestorationFit fit = fit_restorer_to_pairs(
      model, count, [&](std::size_t n, const core::Context& one) { return make(n, n % people.size(), one); },
      options, context.slice(0.3, 1.0, "restoration"));
  model.made_people = std::min(model.made_people, static_cast<int>(people.size()));
  fit.plain_distance = distances.plain_distance;
  fit.pure_csf_distance = distances.pure_csf_distance;
  fit.filter_distance = distances.filter_distance;
  return fit;
}

core::Volume restored(const core::Volume& corrected, const core::Mask& brain, const domain::SiteModel& model,
                      const core::Context& context) {
  const features::PatchRows patches(corrected, brain, patch_space(model), context);
  const Answer answer_of(model, patches.dims());
  const std::vector<std::size_t>& voxels = patches.voxels();
  core::Volume out = corrected;
  const auto blocks = (static_cast<std::int64_t>(voxels.size()) + kBlock - 1) / kBlock;
  core::parallel_for(blocks, context.threads, [&](std::int64_t begin, std::int64_t end) {
    const auto dims = static_cast<std::size_t>(patches.dims());
    std::vector<float> rows(static_cast<std::size_t>(kBlock) * dims);
    std::vector<float> answer(static_cast<std::size_t>(kBlock));
    for (std::int64_t b = begin; b < end; ++b) {
      context.check_stop();
      const auto first = static_cast<std::size_t>(b * kBlock);
      const std::size_t count = std::min(static_cast<std::size_t>(kBlock), voxels.size() - first);
      for (std::size_t r = 0; r < count; ++r) patches.row(voxels[first + r], rows.data() + r * dims);
      answer_of(rows, count, answer);
      for (std::size_t r = 0; r < count; ++r)
        out.voxels[voxels[first + r]] = std::max(0.0F, out.voxels[voxels[first + r]] + answer[r]);
    }
  });
  if (model.detail_gain != 1.0) add_detail(out, detail_of(out, brain, context), model.detail_gain - 1.0);
  return out;
}

}  // namespace isoscan::harmonize
