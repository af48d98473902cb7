/// @file What is no T1w scan of a head, made from one or from nothing.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::test {

inline const std::vector<std::string>& foreign_kinds() {
  static const std::vector<std::string> kinds{
      "half_right",   "half_left",   "half_front", "half_back",     "half_top",
      "half_bottom",  "upside_down", "back_front", "axes_swapped",  "lying",
      "noise",        "noise_head",  "field",      "ball",          "shells",
      "inverted",     "t2_like",     "flair_like", "pd_like",       "smoothed",
      "slab_missing", "ghost",       "mask_only",  "stretched_box", "shuffled"};
  return kinds;
}

namespace detail {

struct Head {
  core::Vec3 centre{};
  core::Vec3 sd{};
  double level = 0.0;   ///< below: air
  double bright = 0.0;  ///< 95 % of what is no air
};

inline core::Vec3 world(const core::Grid& grid, std::int64_t i, std::int64_t j, std::int64_t k) {
  return grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
}

template <class Change>
void each(core::Volume& volume, const Change& change) {
  std::size_t n = 0;
  for (std::int64_t k = 0; k < volume.grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < volume.grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < volume.grid.size[0]; ++i, ++n)
        change(volume.voxels[n], world(volume.grid, i, j, k));
    }
  }
}

inline Head head_of(core::Volume& volume) {
  Head head;
  std::vector<float> values = volume.voxels;
  head.level = 0.25 * core::quantile(values, 0.98);
  double count = 0.0;
  core::Vec3 square{};
  values.clear();
  each(volume, [&](float v, const core::Vec3& x) {
    if (v < head.level) return;
    values.push_back(v);
    count += 1.0;
    for (std::size_t a = 0; a < 3; ++a) {
      head.centre[a] += x[a];
      square[a] += x[a] * x[a];
    }
  });
  for (std::size_t a = 0; a < 3; ++a) {
    head.centre[a] /= count;
    head.sd[a] = std::sqrt(square[a] / count - head.centre[a] * head.centre[a]);
  }
  values.clear();  // inside: fat is brighter than white matter
  each(volume, [&](float v, const core::Vec3& x) {
    double r = 0.0;
    for (std::size_t a = 0; a < 3; ++a) r += std::pow((x[a] - head.centre[a]) / head.sd[a], 2.0);
    if (v >= head.level && r < 1.0) values.push_back(v);
  });
  head.bright = core::quantile(values, 0.95);
  return head;
}

/// World axes as rows of `matrix` of the old ones, about the centre.
inline void turn(core::Volume& volume, const core::Vec3& centre, const std::array<double, 9>& matrix) {
  core::Affine turned;
  turned.matrix = matrix;
  const core::Vec3 to = turned(centre);
  for (std::size_t a = 0; a < 3; ++a) turned.offset[a] = centre[a] - to[a];
  volume.grid.world_from_voxel = turned * volume.grid.world_from_voxel;
}

/// Through points (of bright, 0..1.2; to bright), linear between.
inline double curve(double x, const std::vector<std::pair<double, double>>& points) {
  for (std::size_t n = 1; n < points.size(); ++n) {
    if (x > points[n].first && n + 1 < points.size()) continue;
    const auto& [x0, y0] = points[n - 1];
    const auto& [x1, y1] = points[n];
    return y0 + (y1 - y0) * std::clamp((x - x0) / (x1 - x0), 0.0, 1.0);
  }
  return x;
}

}  // namespace detail

/// @param head  a T1w scan, whole or stripped, finite
inline core::Volume make_foreign(const std::string& kind, core::Volume head) {
  using detail::each;
  const detail::Head h = detail::head_of(head);
  core::Random random(17, kind);
  const auto cut = [&](std::size_t axis, double sign) {
    each(head, [&](float& v, const core::Vec3& x) {
      if (sign * (x[axis] - h.centre[axis]) > 0.0) v = 0.0F;
    });
  };
  const auto tone = [&](const std::vector<std::pair<double, double>>& points) {
    for (float& v : head.voxels) {
      const double x = static_cast<double>(v) / h.bright;
      if (x > 0.05) v = static_cast<float>(h.bright * detail::curve(x, points));
    }
  };
  const auto radius = [&](const core::Vec3& x) {
    double r = 0.0;
    for (std::size_t a = 0; a < 3; ++a) r += std::pow((x[a] - h.centre[a]) / (a == 1 ? 85.0 : 68.0), 2.0);
    return std::sqrt(r);
  };
  const auto noisy = [&](double value) {
    return static_cast<float>(std::abs(h.bright * (value + 0.03 * random.normal())));
  };
  if (kind == "half_right") cut(0, 1.0);
  if (kind == "half_left") cut(0, -1.0);
  if (kind == "half_front") cut(1, 1.0);
  if (kind == "half_back") cut(1, -1.0);
  if (kind == "half_top") cut(2, -1.0);
  if (kind == "half_bottom") cut(2, 1.0);
  if (kind == "upside_down") detail::turn(head, h.centre, {1, 0, 0, 0, -1, 0, 0, 0, -1});
  if (kind == "back_front") detail::turn(head, h.centre, {-1, 0, 0, 0, -1, 0, 0, 0, 1});
  if (kind == "axes_swapped") detail::turn(head, h.centre, {0, 1, 0, 1, 0, 0, 0, 0, 1});
  if (kind == "lying") detail::turn(head, h.centre, {1, 0, 0, 0, 0, 1, 0, -1, 0});
  if (kind == "noise")
    for (float& v : head.voxels) v = static_cast<float>(h.bright * std::abs(random.normal()));
  if (kind == "noise_head") {
    for (float& v : head.voxels)
      if (static_cast<double>(v) > h.level) v = static_cast<float>(h.bright * random.uniform(0.2, 1.0));
  }
  if (kind == "field") {
    core::Volume field(head.grid);
    for (float& v : field.voxels) v = static_cast<float>(random.normal());
    field = core::gaussian(field, 6.0, {});
    std::vector<float> values = field.voxels;
    const double top = core::quantile(values, 0.99);
    for (std::size_t n = 0; n < head.voxels.size(); ++n)
      if (static_cast<double>(head.voxels[n]) > h.level)
        head.voxels[n] =
            static_cast<float>(h.bright * (0.6 + 0.4 * static_cast<double>(field.voxels[n]) / top));
  }
  if (kind == "ball")
    each(head, [&](float& v, const core::Vec3& x) { v = noisy(radius(x) < 1.0 ? 0.8 : 0.0); });
  if (kind == "shells") {  // bright core, grey rind, dark hole and skin: a phantom that is nearly a T1w brain
    each(head, [&](float& v, const core::Vec3& x) {
      const double r = radius(x);
      v = noisy(r > 1.0 ? 0.0 : r > 0.94 || r < 0.2 ? 0.3 : r > 0.75 ? 0.7 : 1.0);
    });
  }
  if (kind == "inverted") {
    for (float& v : head.voxels)
      if (static_cast<double>(v) > h.level)
        v = static_cast<float>(std::max(0.02, 1.15 - static_cast<double>(v) / h.bright) * h.bright);
  }
  if (kind == "t2_like") tone({{0, 1.1}, {0.35, 1.0}, {0.65, 0.6}, {0.85, 0.45}, {1.0, 0.38}, {1.2, 0.4}});
  if (kind == "flair_like")
    tone({{0, 0.1}, {0.35, 0.15}, {0.65, 0.95}, {0.75, 1.0}, {1.0, 0.75}, {1.2, 0.7}});
  if (kind == "pd_like") tone({{0, 0.9}, {0.35, 0.95}, {0.65, 1.0}, {1.0, 0.8}, {1.2, 0.75}});
  if (kind == "smoothed") head = core::gaussian(head, 5.0, {});
  if (kind == "slab_missing") {
    each(head, [&](float& v, const core::Vec3& x) {
      if (std::abs(x[2] - h.centre[2] - 0.4 * h.sd[2]) < 0.35 * h.sd[2]) v = 0.0F;
    });
  }
  if (kind == "ghost") {
    const core::Volume copy = head;
    const auto& size = head.grid.size;
    for (std::int64_t k = 0; k < size[2]; ++k)
      for (std::int64_t j = 0; j < size[1]; ++j)
        for (std::int64_t i = 0; i < size[0]; ++i)
          head.at(i, j, k) += 0.6F * copy.at(i, (j + size[1] / 6) % size[1], k) +
                              0.4F * copy.at(i, (j + size[1] - size[1] / 9) % size[1], k);
  }
  if (kind == "mask_only") {
    for (float& v : head.voxels) v = static_cast<double>(v) > h.level ? noisy(1.0) : 0.0F;
  }
  if (kind == "stretched_box") {  // voxel sizes that are not the scan's
    detail::turn(head, h.centre, {1.35, 0, 0, 0, 0.8, 0, 0, 0, 1});
  }
  if (kind == "shuffled") {  // slices in the wrong order
    const core::Volume copy = head;
    const std::int64_t count = head.grid.size[2];
    const auto slice = static_cast<std::size_t>(head.grid.size[0] * head.grid.size[1]);
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t from = (k % 2 == 0 ? k / 2 : (count + k) / 2) % count;
      std::copy_n(copy.voxels.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(from) * slice),
                  slice,
                  head.voxels.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(k) * slice));
    }
  }
  return head;
}

}  // namespace isoscan::test
