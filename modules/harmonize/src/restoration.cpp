#include "isoscan/harmonize/restoration.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/harmonize/harmonize.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;

constexpr double kSmallestSpot = 0.8;  // radius in voxels
constexpr double kLargestSpot = 3.0;
constexpr double kStrongestSpot = 0.4;
constexpr double kSpotEdge = 0.4;  // voxels over which a spot fades
constexpr std::int64_t kBlock = 4096;

std::vector<std::size_t> voxels_of(const core::Mask& mask) {
  std::vector<std::size_t> voxels;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) voxels.push_back(n);
  }
  return voxels;
}

/// Small balls, brighter or darker than what is there by up to kStrongestSpot.
void add_spots(core::Volume& image, const core::Mask& brain, double per_ml, core::Random& random) {
  const std::vector<std::size_t> voxels = voxels_of(brain);
  const auto count = static_cast<int>(std::lround(per_ml * brain.volume_ml()));
  const auto& size = image.grid.size;
  constexpr auto kReach = static_cast<std::int64_t>(kLargestSpot + 2.0);
  for (int s = 0; s < count; ++s) {
    const auto at = static_cast<std::int64_t>(voxels[random.below(voxels.size())]);
    const core::Index3 centre{at % size[0], at / size[0] % size[1], at / (size[0] * size[1])};
    const double radius = random.uniform(kSmallestSpot, kLargestSpot);
    const double strength = random.uniform(-kStrongestSpot, kStrongestSpot);
    for (std::int64_t k = std::max<std::int64_t>(0, centre[2] - kReach);
         k < std::min(size[2], centre[2] + kReach + 1); ++k) {
      for (std::int64_t j = std::max<std::int64_t>(0, centre[1] - kReach);
           j < std::min(size[1], centre[1] + kReach + 1); ++j) {
        for (std::int64_t i = std::max<std::int64_t>(0, centre[0] - kReach);
             i < std::min(size[0], centre[0] + kReach + 1); ++i) {
          const std::size_t n = image.grid.index(i, j, k);
          if (brain.voxels[n] == 0) continue;
          const double distance = std::sqrt(static_cast<double>((i - centre[0]) * (i - centre[0]) +
                                                                (j - centre[1]) * (j - centre[1]) +
                                                                (k - centre[2]) * (k - centre[2])));
          const double share = 1.0 / (1.0 + std::exp((distance - radius) / kSpotEdge));
          image.voxels[n] *= static_cast<float>(1.0 + strength * share);
        }
      }
    }
  }
}

/// One draw of what the acquisition may be.
domain::Acquisition drawn(const domain::Acquisition& found, double jitter, core::Random& random) {
  domain::Acquisition out = found;
  const auto draw = [&](domain::Estimate& e, double relative) {
    const double own = e.sd * random.normal();
    e.value += own + relative * e.value * random.normal();
  };
  for (domain::Estimate& e : out.contrast) {
    e.value = std::max(0.05, e.value + e.sd * random.normal());
  }
  for (domain::Estimate& e : out.blur) draw(e, jitter);
  draw(out.noise_variance, 2.0 * jitter);  // of a variance: twice that of the SD
  out.noise_variance.value = std::max(0.0, out.noise_variance.value);
  return out;
}

struct Batch {
  std::vector<float> rows, targets;
};

/// Rows and targets of voxels spread evenly over the brain.
Batch sampled(const Pair& pair, const RestoreOptions& options, core::Random& random,
              const core::Context& context) {
  const features::PatchRows patches(pair.corrected, pair.brain, options.patches, context);
  const std::vector<std::size_t>& voxels = patches.voxels();
  const std::size_t count = std::min(options.rows, voxels.size());
  const auto dims = static_cast<std::size_t>(patches.dims());
  Batch batch;
  batch.rows.resize(count * dims);
  for (std::size_t r = 0; r < count; ++r) {
    const std::size_t begin = voxels.size() * r / count;
    const std::size_t end = voxels.size() * (r + 1) / count;
    const std::size_t voxel = voxels[begin + random.below(end - begin)];
    patches.row(voxel, batch.rows.data() + r * dims);
    batch.targets.push_back(pair.truth.voxels[voxel] - pair.corrected.voxels[voxel]);
  }
  return batch;
}

features::PatchSpace patch_space(const domain::SiteModel& model) {
  features::PatchSpace space;
  space.ball = model.patch_ball;
  space.surroundings = model.patch_surroundings;
  return space;
}

}  // namespace

std::string RestoreOptions::problem() const {
  for (const std::string& bad : {acquisition.problem(), patches.problem(), network.problem()}) {
    if (!bad.empty()) return "restore: " + bad;
  }
  if (people < 2 || people > 1000) return "restore.people must lie in 2..1000";
  if (scans < 2 || scans > 10000) return "restore.scans must lie in 2..10000";
  if (rows < 100 || rows > 10'000'000) return "restore.rows must lie in 100..10000000";
  if (!(jitter >= 0.0 && jitter <= 1.0)) return "restore.jitter must lie in 0..1";
  if (!(field >= 0.0 && field <= 2.0)) return "restore.field must lie in 0..2";
  if (!(spots_per_ml >= 0.0 && spots_per_ml <= 10.0)) return "restore.spots_per_ml must lie in 0..10";
  return {};
}

Pair make_pair(const preprocess::Prepared& truth, const domain::Acquisition& acquisition,
               const domain::LevelSummary& reference, const RestoreOptions& options, std::uint64_t seed,
               const core::Context& context) {
  core::Random random(seed, "restoration.pair");
  preprocess::Prepared person = truth;
  add_spots(person.image, person.brain, options.spots_per_ml, random);
  const domain::Acquisition draw = drawn(acquisition, options.jitter, random);
  const core::Volume scan = seen_by(draw, person, options.field, random.seed(), context);
  const preprocess::Prepared seen = preprocess::prepare(scan, person.brain, {}, context);
  Pair pair;
  pair.corrected = corrected_image(seen, reference, context);
  pair.truth = std::move(person.image);
  pair.brain = std::move(person.brain);
  return pair;
}

RestorationFit fit_restorer_to_pairs(domain::SiteModel& model, std::size_t count, const PairMaker& make,
                                     const RestoreOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  model.patch_ball = options.patches.ball;
  model.patch_surroundings = options.patches.surroundings;
  const core::Context making = context.slice(0.0, 0.4, "pairs");
  std::vector<Batch> batches(count);
  core::Context one = context;
  one.threads = 1;
  one.progress = {};
  core::parallel_for(
      static_cast<std::int64_t>(count), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
          context.check_stop();
          core::Random random(context.seed, "restoration rows " + std::to_string(n));
          const auto place = static_cast<std::size_t>(n);
          batches[place] = sampled(make(place, one), options, random, one);
          making.progress.report(static_cast<double>(n - begin + 1) / static_cast<double>(end - begin));
        }
      });
  std::vector<float> rows;
  std::vector<float> targets;
  for (Batch& batch : batches) {
    rows.insert(rows.end(), batch.rows.begin(), batch.rows.end());
    targets.insert(targets.end(), batch.targets.begin(), batch.targets.end());
    batch = {};
  }
  domain::RestorerFit fit = domain::fit_restorer(rows, targets, options.patches.dims(), options.network,
                                                 context.slice(0.4, 1.0, "restorer"));
  model.restorer = std::move(fit.restorer);
  return {std::move(fit.logged_steps), std::move(fit.loss)};
}

RestorationFit fit_restoration(domain::SiteModel& model, const std::vector<preprocess::Prepared>& people,
                               const std::vector<domain::AcquisitionEvidence>& site,
                               const domain::LevelSummary& reference, const RestoreOptions& options,
                               const core::Context& context) {
  if (people.size() < 2)
    throw Error(ErrorKind::Input, "restoration needs scans of at least 2 people of the reference");
  model.acquisition =
      estimate_acquisition(people, site, options.acquisition, context.slice(0.0, 0.3, "acquisition"));
  const auto make = [&](std::size_t n, const core::Context& one) {
    core::Random random(context.seed, "restoration pair " + std::to_string(n));
    return make_pair(people[n % people.size()], model.acquisition, reference, options, random.seed(), one);
  };
  const std::size_t count = std::max(people.size(), static_cast<std::size_t>(options.scans));
  return fit_restorer_to_pairs(model, count, make, options, context.slice(0.3, 1.0, "restoration"));
}

core::Volume restored(const core::Volume& corrected, const core::Mask& brain, const domain::SiteModel& model,
                      const core::Context& context) {
  const features::PatchRows patches(corrected, brain, patch_space(model), context);
  if (patches.dims() != model.restorer.dims)
    throw Error(ErrorKind::Input, "the site model's restorer reads " + std::to_string(model.restorer.dims) +
                                      " numbers a voxel where this version of Isoscan makes " +
                                      std::to_string(patches.dims()) + ": adapt the site again");
  const domain::RestorerFunction function(model.restorer);
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
      function(rows.data(), static_cast<std::int64_t>(count), answer.data());
      for (std::size_t r = 0; r < count; ++r)
        out.voxels[voxels[first + r]] = std::max(0.0F, out.voxels[voxels[first + r]] + answer[r]);
    }
  });
  return out;
}

}  // namespace isoscan::harmonize
