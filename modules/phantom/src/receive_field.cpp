#include "receive_field.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::phantom {

namespace {

constexpr double kScannerShare = 0.6;
constexpr double kPersonShare = 0.5;
constexpr double kPercentile = 0.98;

/// x, y, z, xx, yy, zz, xy, xz, yz.
using Quadratic = std::array<double, 9>;

Quadratic random_quadratic(std::uint64_t seed, const char* stream) {
  core::Random random(seed, stream);
  Quadratic coefficients{};
  for (double& c : coefficients) c = random.normal();
  return coefficients;
}

double evaluate(const Quadratic& c, const core::Vec3& u) {
  return c[0] * u[0] + c[1] * u[1] + c[2] * u[2] + c[3] * u[0] * u[0] + c[4] * u[1] * u[1] +
         c[5] * u[2] * u[2] + c[6] * u[0] * u[1] + c[7] * u[0] * u[2] + c[8] * u[1] * u[2];
}

/// The identity in the brain; far outside, where a polynomial would run away, it levels off (continuous
/// slope).
double softly_bounded(double u) {
  constexpr double kLinear = 1.25;
  constexpr double kRoom = 0.5;
  const double size = std::abs(u);
  if (size <= kLinear) return u;
  return std::copysign(kLinear + kRoom * std::tanh((size - kLinear) / kRoom), u);
}

}  // namespace

BrainFrame brain_frame(const core::Mask& brain) {
  const core::Grid& grid = brain.grid;
  core::Vec3 sum{0, 0, 0};
  core::Vec3 square{0, 0, 0};
  double count = 0.0;
  const core::Vec3 origin = grid.world_from_voxel.offset;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        if (brain.voxels[grid.index(i, j, k)] == 0) continue;
        const core::Vec3 x =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        for (std::size_t a = 0; a < 3; ++a) {
          const double from_origin = x[a] - origin[a];  // small numbers: a far-off origin costs no digits
          sum[a] += from_origin;
          square[a] += from_origin * from_origin;
        }
        count += 1.0;
      }
    }
  }
  if (count == 0.0)
    throw core::Error(core::ErrorKind::Input, "the brain mask is empty: a virtual scanner needs the brain");
  BrainFrame frame;
  for (std::size_t a = 0; a < 3; ++a) {
    const double mean = sum[a] / count;
    frame.centre_mm[a] = origin[a] + mean;
    // A full ellipsoid has variance (half axis)^2 / 5.
    frame.half_axis_mm[a] = std::max(1.0, std::sqrt(5.0 * std::max(0.0, square[a] / count - mean * mean)));
  }
  const double volume_mm3 = count * grid.voxel_volume_mm3();
  frame.radius_mm = std::cbrt(volume_mm3 * 3.0 / (4.0 * std::numbers::pi));
  return frame;
}

core::Volume receive_field(const core::Mask& brain, const BrainFrame& frame, std::uint64_t scanner_seed,
                           std::uint64_t person_seed, const core::Context& context) {
  const Quadratic scanner = random_quadratic(scanner_seed, "receive field of the scanner");
  const Quadratic person = random_quadratic(person_seed, "receive field of the person");
  Quadratic both{};
  for (std::size_t n = 0; n < both.size(); ++n)
    both[n] = kScannerShare * scanner[n] + kPersonShare * person[n];

  const core::Grid& grid = brain.grid;
  core::Volume field(grid);
  core::parallel_for(grid.size[2], context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      for (std::int64_t j = 0; j < grid.size[1]; ++j) {
        for (std::int64_t i = 0; i < grid.size[0]; ++i) {
          core::Vec3 u =
              grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
          for (std::size_t a = 0; a < 3; ++a)
            u[a] = softly_bounded((u[a] - frame.centre_mm[a]) / frame.half_axis_mm[a]);
          field.voxels[grid.index(i, j, k)] = static_cast<float>(evaluate(both, u));
        }
      }
    }
  });

  scale_to_percentile(field, brain);
  return field;
}

void scale_to_percentile(core::Volume& field, const core::Mask& brain) {
  std::vector<float> size = core::values_in(field, brain);
  for (float& v : size) v = std::abs(v);
  const double reach = core::quantile(size, kPercentile);
  if (reach > 0.0) {  // one voxel at the centre of its own brain has no field
    const auto scale = static_cast<float>(1.0 / reach);
    for (float& v : field.voxels) v *= scale;
  }
}

}  // namespace isoscan::phantom
