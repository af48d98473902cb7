#include "rigid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "isoscan/core/error.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/resample.hpp"

namespace isoscan::evaluate {

namespace {

using core::Vec3;
using System = std::array<std::array<double, 7>, 6>;  ///< normal equations and their right side

struct Place {
  Vec3 world{};
  double value = 0.0;
};

Vec3 centre_of(const core::Mask& brain) {
  Vec3 sum{0, 0, 0};
  double count = 0.0;
  const core::Grid& grid = brain.grid;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        if (brain.voxels[grid.index(i, j, k)] == 0) continue;
        sum[0] += static_cast<double>(i);
        sum[1] += static_cast<double>(j);
        sum[2] += static_cast<double>(k);
        count += 1.0;
      }
    }
  }
  if (count == 0.0) throw core::Error(core::ErrorKind::Numeric, "an empty brain cannot be aligned");
  return grid.world_from_voxel({sum[0] / count, sum[1] / count, sum[2] / count});
}

/// The brain alone, smooth; zero around it.
core::Volume smooth_brain(const core::Volume& image, const core::Mask& brain, double sd_mm,
                          const core::Context& context) {
  core::Volume out(image.grid);
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    if (brain.voxels[n] != 0) out.voxels[n] = image.voxels[n];
  }
  return core::gaussian(out, sd_mm, context);
}

std::vector<Place> places_of(const core::Volume& image, const core::Mask& brain) {
  std::vector<std::size_t> inside;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] != 0) inside.push_back(n);
  }
  constexpr std::size_t kMost = 30000;
  const std::size_t step = std::max<std::size_t>(1, inside.size() / kMost);
  std::vector<Place> out;
  const core::Grid& grid = image.grid;
  for (std::size_t s = 0; s < inside.size(); s += step) {
    const auto n = static_cast<std::int64_t>(inside[s]);
    const std::int64_t line = n / grid.size[0];
    const std::int64_t slice = line / grid.size[1];
    const Vec3 voxel{static_cast<double>(n % grid.size[0]), static_cast<double>(line % grid.size[1]),
                     static_cast<double>(slice)};
    out.push_back({grid.world_from_voxel(voxel), image.voxels[inside[s]]});
  }
  return out;
}

class Sampler {
 public:
  explicit Sampler(const core::Volume& image)
      : image_(image), voxel_from_world_(image.grid.world_from_voxel.inverse()) {}

  [[nodiscard]] double operator()(const Vec3& world) const {
    const Vec3 x = voxel_from_world_(world);
    std::array<std::int64_t, 3> low{};
    Vec3 t{};
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = static_cast<std::int64_t>(std::floor(x[a]));
      t[a] = x[a] - static_cast<double>(low[a]);
      if (low[a] < 0 || low[a] + 1 >= image_.grid.size[a]) return 0.0;
    }
    double sum = 0.0;
    for (int c = 0; c < 8; ++c) {
      const int i = c & 1;
      const int j = (c >> 1) & 1;
      const int k = c >> 2;
      const double w = (i != 0 ? t[0] : 1 - t[0]) * (j != 0 ? t[1] : 1 - t[1]) * (k != 0 ? t[2] : 1 - t[2]);
      sum += w * image_.at(low[0] + i, low[1] + j, low[2] + k);
    }
    return sum;
  }

 private:
  const core::Volume& image_;
  core::Affine voxel_from_world_;
};

std::array<double, 6> solved(System a) {
  for (std::size_t p = 0; p < 6; ++p) {
    a[p][p] *= 1.0 + 1e-6;
    if (!(a[p][p] > 0.0))
      throw core::Error(core::ErrorKind::Numeric, "an image without structure cannot be aligned");
    for (std::size_t r = 0; r < 6; ++r) {
      if (r == p) continue;
      const double f = a[r][p] / a[p][p];
      for (std::size_t c = p; c < 7; ++c) a[r][c] -= f * a[p][c];
    }
  }
  std::array<double, 6> x{};
  for (std::size_t p = 0; p < 6; ++p) x[p] = a[p][6] / a[p][p];
  return x;
}

/// Rotation by |w| about w (Rodrigues).
core::Affine rotation(const Vec3& w) {
  core::Affine r;
  const double angle = std::hypot(w[0], w[1], w[2]);
  if (angle < 1e-12) return r;
  const double x = w[0] / angle;
  const double y = w[1] / angle;
  const double z = w[2] / angle;
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  r.matrix = {c + x * x * (1 - c),     x * y * (1 - c) - z * s, x * z * (1 - c) + y * s,
              y * x * (1 - c) + z * s, c + y * y * (1 - c),     y * z * (1 - c) - x * s,
              z * x * (1 - c) - y * s, z * y * (1 - c) + x * s, c + z * z * (1 - c)};
  return r;
}

/// The motion by dw about the moved centre, and dt.
core::Affine stepped(const core::Affine& motion, const Vec3& pivot, const std::array<double, 6>& step) {
  core::Affine turn = rotation({step[0], step[1], step[2]});
  const Vec3 turned = turn(pivot);
  for (std::size_t a = 0; a < 3; ++a) turn.offset[a] = pivot[a] - turned[a] + step[3 + a];
  return turn * motion;
}

core::Affine refined(core::Affine motion, const Vec3& centre, const std::vector<Place>& places,
                     const core::Volume& moving, double reach_mm, const core::Context& context) {
  const Sampler sample(moving);
  constexpr int kIterations = 40;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    context.check_stop();
    const Vec3 pivot = motion(centre);
    System system{};
    for (const Place& place : places) {
      const Vec3 y = motion(place.world);
      const double residual = sample(y) - place.value;
      Vec3 g{};
      for (std::size_t a = 0; a < 3; ++a) {
        Vec3 up = y;
        Vec3 down = y;
        up[a] += reach_mm;
        down[a] -= reach_mm;
        g[a] = (sample(up) - sample(down)) / (2.0 * reach_mm);
      }
      const Vec3 d{y[0] - pivot[0], y[1] - pivot[1], y[2] - pivot[2]};
      const std::array<double, 6> j{
          d[1] * g[2] - d[2] * g[1], d[2] * g[0] - d[0] * g[2], d[0] * g[1] - d[1] * g[0], g[0], g[1], g[2]};
      for (std::size_t r = 0; r < 6; ++r) {
        for (std::size_t c = 0; c < 6; ++c) system[r][c] += j[r] * j[c];
        system[r][6] -= j[r] * residual;
      }
    }
    const std::array<double, 6> step = solved(system);
    motion = stepped(motion, pivot, step);
    const double turn = std::hypot(step[0], step[1], step[2]);
    if (turn < 1e-5 && std::hypot(step[3], step[4], step[5]) < 1e-3) break;
  }
  return motion;
}

double correlation(const std::vector<Place>& places, const core::Volume& moving, const core::Affine& motion) {
  const Sampler sample(moving);
  double a = 0.0;
  double b = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  double ab = 0.0;
  for (const Place& place : places) {
    const double v = sample(motion(place.world));
    a += place.value;
    b += v;
    aa += place.value * place.value;
    bb += v * v;
    ab += place.value * v;
  }
  const auto n = static_cast<double>(places.size());
  return (ab - a * b / n) / std::sqrt(std::max(1e-12, (aa - a * a / n) * (bb - b * b / n)));
}

}  // namespace

core::Affine rigid_motion(const core::Volume& fixed, const core::Mask& fixed_brain,
                          const core::Volume& moving, const core::Mask& moving_brain,
                          const core::Context& context) {
  const Vec3 centre = centre_of(fixed_brain);
  const Vec3 target = centre_of(moving_brain);
  core::Affine motion;
  for (std::size_t a = 0; a < 3; ++a) motion.offset[a] = target[a] - centre[a];
  double alike = 0.0;
  for (const double sd_mm : {6.0, 3.0, 1.5}) {
    const std::vector<Place> places =
        places_of(smooth_brain(fixed, fixed_brain, sd_mm, context), fixed_brain);
    const core::Volume smooth = smooth_brain(moving, moving_brain, sd_mm, context);
    motion = refined(motion, centre, places, smooth, 0.5 * sd_mm, context);
    alike = correlation(places, smooth, motion);
  }
  constexpr double kLeast = 0.7;
  if (!(alike >= kLeast)) {
    throw core::Error(
        core::ErrorKind::Numeric,
        "the two sessions could not be aligned: are they of one person, and the same contrast?");
  }
  return motion;
}

core::Volume moved_to(const core::Volume& moving, const core::Affine& motion, const core::Grid& grid,
                      const core::Context& context) {
  core::Volume there = moving;
  there.grid.world_from_voxel = motion.inverse() * moving.grid.world_from_voxel;
  return preprocess::resample_linear(there, grid, context);
}

core::Mask moved_to(const core::Mask& moving, const core::Affine& motion, const core::Grid& grid) {
  core::Mask there = moving;
  there.grid.world_from_voxel = motion.inverse() * moving.grid.world_from_voxel;
  return preprocess::resample_nearest(there, grid);
}

}  // namespace isoscan::evaluate
