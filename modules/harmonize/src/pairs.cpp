#include "pairs.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/random.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/restoration.hpp"
#include "isoscan/quality/anatomy.hpp"

#include "seen.hpp"

namespace isoscan::harmonize {

namespace {

constexpr double kSmallestSpot = 0.8;  // radius in voxels
constexpr double kLargestSpot = 3.0;
constexpr double kFaintestSpot = 0.08;
constexpr double kStrongestSpot = 0.4;
constexpr double kInWhite = 0.6;    // of the spots
constexpr float kWhite = 0.8F;      // posterior of white matter there
constexpr double kSeenSpot = 0.05;  // change of a voxel that counts
constexpr double kSpotEdge = 0.4;   // voxels over which a spot fades

std::vector<std::size_t> voxels_of(const core::Mask& mask) {
  std::vector<std::size_t> voxels;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) voxels.push_back(n);
  }
  return voxels;
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
  for (std::size_t a = 0; a < out.blur.size(); ++a) {
    draw(out.blur[a], jitter);
    if (out.finer[a] < 0.0) out.finer[a] = std::min(0.0, out.blur[a].value);  // the truth's as the scan's
  }
  draw(out.noise_variance, 2.0 * jitter);  // of a variance: twice that of the SD
  out.noise_variance.value = std::max(0.0, out.noise_variance.value);
  return out;
}

}  // namespace

std::vector<std::size_t> add_spots(core::Volume& image, const core::Mask& brain, const core::Volume& white,
                                   double per_ml, core::Random& random) {
  const std::vector<std::size_t> all = voxels_of(brain);
  const std::vector<std::size_t> in_white = voxels_of(core::above(white, kWhite));
  const auto count = static_cast<int>(std::lround(per_ml * brain.volume_ml()));
  const auto& size = image.grid.size;
  constexpr auto kReach = static_cast<std::int64_t>(kLargestSpot + 2.0);
  std::vector<std::size_t> changed;
  for (int s = 0; s < count; ++s) {
    const bool inside = random.uniform() < kInWhite && !in_white.empty();
    const std::vector<std::size_t>& voxels = inside ? in_white : all;
    const auto at = static_cast<std::int64_t>(voxels[random.below(voxels.size())]);
    const core::Index3 centre{at % size[0], at / size[0] % size[1], at / (size[0] * size[1])};
    const double radius = kSmallestSpot + (kLargestSpot - kSmallestSpot) * std::pow(random.uniform(), 1.5);
    const double size_of_change = random.uniform(kFaintestSpot, kStrongestSpot);
    const double strength = random.uniform() < 0.5 ? -size_of_change : size_of_change;
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
          if (std::abs(strength) * share > kSeenSpot) changed.push_back(n);
        }
      }
    }
  }
  return changed;
}

Batch sampled(const Pair& pair, const features::PatchSpace& space, std::size_t rows, double spot_rows,
              core::Random& random, const core::Context& context) {
  const features::PatchRows patches(pair.corrected, pair.brain, space, context);
  const std::vector<std::size_t>& voxels = patches.voxels();
  const std::size_t count = std::min(rows, voxels.size());
  const auto dims = static_cast<std::size_t>(patches.dims());
  Batch batch;
  const std::size_t more =
      pair.spots.empty() ? 0 : static_cast<std::size_t>(spot_rows * static_cast<double>(count));
  batch.rows.resize((count + more) * dims);
  for (std::size_t r = 0; r < count + more; ++r) {
    const std::size_t begin = voxels.size() * r / count;
    const std::size_t end = voxels.size() * (r + 1) / count;
    const std::size_t voxel =
        r < count ? voxels[begin + random.below(end - begin)] : pair.spots[random.below(pair.spots.size())];
    patches.row(voxel, batch.rows.data() + r * dims);
    batch.targets.push_back(pair.truth.voxels[voxel] - pair.corrected.voxels[voxel]);
  }
  return batch;
}

Pair make_pair(const preprocess::Prepared& truth, const domain::Acquisition& acquisition,
               const domain::LevelSummary& reference, const preprocess::Atlas& atlas,
               const RestoreOptions& options, std::uint64_t seed, const core::Context& context) {
  return make_pair(std::shared_ptr<const preprocess::Prepared>(std::shared_ptr<const void>(), &truth),
                   acquisition, reference, atlas, options, seed, context);
}

Pair make_pair(std::shared_ptr<const preprocess::Prepared> person, const domain::Acquisition& acquisition,
               const domain::LevelSummary& reference, const preprocess::Atlas& atlas,
               const RestoreOptions& options, std::uint64_t seed, const core::Context& context) {
  core::Random random(seed, "restoration.pair");
  Pair pair;
  pair.truth = person->image;
  pair.brain = person->brain;
  pair.spots = add_spots(pair.truth, pair.brain, person->tissue[core::Tissue::WhiteMatter],
                         options.spots_per_ml, random);
  const domain::Acquisition draw = drawn(acquisition, options.jitter, random);
  core::Volume scan = seen_image(draw, pair.truth, *person, options.field, random.seed(), context);
  person.reset();
  const preprocess::Prepared seen = preprocess::prepare(scan, pair.brain, {}, context);
  scan = {};
  pair.classes = quality::tissue_classes(seen.tissue);
  pair.corrected = corrected_image(seen, reference, atlas, context);
  // Where the site is the sharper one its detail is part of what is right, unless it is to be given up.
  if (!options.match_resolution) pair.truth = sharpened_as(draw, std::move(pair.truth), context.threads);
  return pair;
}

}  // namespace isoscan::harmonize
