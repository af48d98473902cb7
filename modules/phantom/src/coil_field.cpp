#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"

#include "receive_field.hpp"

namespace isoscan::phantom {

namespace {

constexpr std::size_t kLoops = 10;
constexpr double kLoopRadiusMm = 60.0;
constexpr double kGainSpread = 0.3;  ///< SD of a loop's log gain: of the scanner's
constexpr double kLoadSpread = 0.2;  ///< and of the person's
constexpr double kShiftMm = 8.0;     ///< SD of the head's place in the coil

struct Loop {
  core::Vec3 centre_mm{};
  double gain = 1.0;
};

core::Vec3 random_direction(core::Random& random) {
  core::Vec3 v{random.normal(), random.normal(), random.normal()};
  const double length = std::max(1e-9, std::hypot(v[0], v[1], v[2]));
  for (double& x : v) x /= length;
  return v;
}

/// On an ellipsoid outside the skull, not too near to each other; none below the brain, where the neck is.
std::array<Loop, kLoops> loops_around(const BrainFrame& frame, std::uint64_t scanner_seed,
                                      std::uint64_t person_seed) {
  core::Random scanner(scanner_seed, "coils of the scanner");
  core::Random person(person_seed, "coils of the person");
  core::Vec3 head{};
  for (double& x : head) x = kShiftMm * person.normal();
  std::array<Loop, kLoops> loops;
  std::array<core::Vec3, kLoops> taken{};
  for (std::size_t c = 0; c < kLoops; ++c) {
    core::Vec3 best{0, 0, 1};
    double widest = -2.0;
    for (int candidate = 0; candidate < 30; ++candidate) {  // the farthest from those that are there
      core::Vec3 d = random_direction(scanner);
      if (d[2] < -0.5) d[2] = -d[2];
      double nearest = 4.0;
      for (std::size_t n = 0; n < c; ++n)
        nearest = std::min(nearest, std::hypot(d[0] - taken[n][0], d[1] - taken[n][1], d[2] - taken[n][2]));
      if (nearest > widest) {
        widest = nearest;
        best = d;
      }
    }
    taken[c] = best;
    constexpr double kOutsideMm = 45.0;
    for (std::size_t a = 0; a < 3; ++a)
      loops[c].centre_mm[a] = frame.centre_mm[a] - head[a] + best[a] * (frame.half_axis_mm[a] + kOutsideMm);
    loops[c].gain = std::exp(kGainSpread * scanner.normal() + kLoadSpread * person.normal());
  }
  return loops;
}

}  // namespace

core::Volume coil_field(const core::Mask& brain, const BrainFrame& frame, std::uint64_t scanner_seed,
                        std::uint64_t person_seed, const core::Context& context) {
  const std::array<Loop, kLoops> loops = loops_around(frame, scanner_seed, person_seed);
  const core::Grid& grid = brain.grid;
  core::Volume field(grid);
  core::parallel_for(grid.size[2], context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      for (std::int64_t j = 0; j < grid.size[1]; ++j) {
        for (std::int64_t i = 0; i < grid.size[0]; ++i) {
          const core::Vec3 x =
              grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
          double square = 0.0;
          for (const Loop& loop : loops) {
            double d2 = 0.0;
            for (std::size_t a = 0; a < 3; ++a) d2 += (x[a] - loop.centre_mm[a]) * (x[a] - loop.centre_mm[a]);
            const double q = 1.0 + d2 / (kLoopRadiusMm * kLoopRadiusMm);
            square += loop.gain * loop.gain / (q * q * q);
          }
          field.voxels[grid.index(i, j, k)] = static_cast<float>(0.5 * std::log(square));
        }
      }
    }
  });
  double mean = 0.0;
  const std::vector<float> inside = core::values_in(field, brain);
  for (const float v : inside) mean += v;
  mean /= static_cast<double>(inside.size());
  for (float& v : field.voxels) v -= static_cast<float>(mean);
  scale_to_percentile(field, brain);
  return field;
}

}  // namespace isoscan::phantom
