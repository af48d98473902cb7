#include "brain_surface.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace isoscan::preprocess {

namespace {

using core::Vec3;

Vec3 operator+(const Vec3& a, const Vec3& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
Vec3 operator-(const Vec3& a, const Vec3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
Vec3 operator*(double s, const Vec3& a) {
  return {s * a[0], s * a[1], s * a[2]};
}
double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double length(const Vec3& a) {
  return std::sqrt(dot(a, a));
}
Vec3 unit(const Vec3& a) {
  return (1.0 / std::max(length(a), 1e-12)) * a;
}

std::size_t at(std::int32_t n) {
  return static_cast<std::size_t>(n);
}

std::vector<std::array<std::int32_t, 6>> neighbours_of(const Surface& surface) {
  std::array<std::int32_t, 6> none{};
  none.fill(-1);
  std::vector<std::array<std::int32_t, 6>> out(surface.vertex.size(), none);
  const auto add = [&](std::int32_t a, std::int32_t b) {
    for (std::int32_t& slot : out[at(a)]) {
      if (slot == b) return;
      if (slot < 0) {
        slot = b;
        return;
      }
    }
  };
  for (const auto& t : surface.triangle) {
    for (std::size_t c = 0; c < 3; ++c) {
      add(t[c], t[(c + 1) % 3]);
      add(t[c], t[(c + 2) % 3]);
    }
  }
  return out;
}

std::vector<Vec3> normals_of(const Surface& surface) {
  std::vector<Vec3> normal(surface.vertex.size(), Vec3{0, 0, 0});
  for (const auto& t : surface.triangle) {
    const Vec3& a = surface.vertex[at(t[0])];
    const Vec3 n = cross(surface.vertex[at(t[1])] - a, surface.vertex[at(t[2])] - a);
    for (const std::int32_t v : t) normal[at(v)] = normal[at(v)] + n;
  }
  for (Vec3& n : normal) n = unit(n);
  return normal;
}

double mean_edge_mm(const Surface& surface) {
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t v = 0; v < surface.vertex.size(); ++v) {
    for (const std::int32_t n : surface.neighbour[v]) {
      if (n < 0) continue;
      sum += length(surface.vertex[at(n)] - surface.vertex[v]);
      count += 1.0;
    }
  }
  return sum / count;
}

/// Darkest and brightest intensity along the inward ray, as BET clips them.
struct Range {
  double low;
  double high;
};

Range range_below(const core::Volume& image, double spacing, const Vec3& from, const Vec3& normal,
                  const SurfaceOptions& options) {
  Range range{options.typical, options.head_threshold};
  const int steps = static_cast<int>(options.search_mm);
  for (int s = 1; s <= steps; ++s) {
    const Vec3 p = (1.0 / spacing) * (from - static_cast<double>(s) * normal);
    const auto i = static_cast<std::int64_t>(std::floor(p[0] + 0.5));
    const auto j = static_cast<std::int64_t>(std::floor(p[1] + 0.5));
    const auto k = static_cast<std::int64_t>(std::floor(p[2] + 0.5));
    const double value = image.grid.contains({i, j, k})
                             ? static_cast<double>(image.voxels[image.grid.index(i, j, k)])
                             : options.background;
    range.low = std::min(range.low, value);
    if (2 * s <= steps) range.high = std::max(range.high, value);
  }
  range.low = std::max(range.low, options.background);
  range.high = std::min(range.high, options.typical);
  return range;
}

}  // namespace

Surface icosphere(int divisions) {
  const double g = 0.5 * (1.0 + std::sqrt(5.0));
  Surface s;
  s.vertex = {{-1, g, 0},  {1, g, 0},  {-1, -g, 0}, {1, -g, 0}, {0, -1, g},  {0, 1, g},
              {0, -1, -g}, {0, 1, -g}, {g, 0, -1},  {g, 0, 1},  {-g, 0, -1}, {-g, 0, 1}};
  for (Vec3& v : s.vertex) v = unit(v);
  s.triangle = {{0, 11, 5},  {0, 5, 1},  {0, 1, 7},  {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4},
                {11, 10, 2}, {10, 7, 6}, {7, 1, 8},  {3, 9, 4},  {3, 4, 2},   {3, 2, 6}, {3, 6, 8},
                {3, 8, 9},   {4, 9, 5},  {2, 4, 11}, {6, 2, 10}, {8, 6, 7},   {9, 8, 1}};
  for (int d = 0; d < divisions; ++d) {
    s = divided(s);
    for (Vec3& v : s.vertex) v = unit(v);
  }
  s.neighbour = neighbours_of(s);
  return s;
}

Surface divided(const Surface& surface) {
  Surface out;
  out.vertex = surface.vertex;
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> middle;
  const auto between = [&](std::int32_t a, std::int32_t b) {
    const auto [entry, fresh] =
        middle.try_emplace(std::minmax(a, b), static_cast<std::int32_t>(out.vertex.size()));
    if (fresh) out.vertex.push_back(0.5 * (surface.vertex[at(a)] + surface.vertex[at(b)]));
    return entry->second;
  };
  for (const auto& [a, b, c] : surface.triangle) {
    const std::int32_t ab = between(a, b);
    const std::int32_t bc = between(b, c);
    const std::int32_t ca = between(c, a);
    out.triangle.insert(out.triangle.end(), {{a, ab, ca}, {b, bc, ab}, {c, ca, bc}, {ab, bc, ca}});
  }
  out.neighbour = neighbours_of(out);
  return out;
}

void grow_to_border(Surface& surface, const core::Volume& image, const SurfaceOptions& options,
                    const core::Context& context) {
  const double spacing = image.grid.spacing_mm()[0];
  // Smoothing is weak where the surface bends less than the largest radius and strong below the smallest
  // (paper, eq. 4).
  const double bend_middle = 0.5 * (1.0 / options.smallest_radius_mm + 1.0 / options.largest_radius_mm);
  const double bend_slope = 6.0 / (1.0 / options.smallest_radius_mm - 1.0 / options.largest_radius_mm);
  double edge = mean_edge_mm(surface);
  std::vector<Vec3> moved(surface.vertex.size());
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    if (iteration % 20 == 0) {
      context.check_stop();
      edge = mean_edge_mm(surface);
    }
    const std::vector<Vec3> normal = normals_of(surface);
    double lowest = surface.vertex[0][2];
    double highest = lowest;
    for (const Vec3& v : surface.vertex) {
      lowest = std::min(lowest, v[2]);
      highest = std::max(highest, v[2]);
    }
    for (std::size_t v = 0; v < surface.vertex.size(); ++v) {
      Vec3 mean{0, 0, 0};
      double count = 0.0;
      for (const std::int32_t n : surface.neighbour[v]) {
        if (n < 0) continue;
        mean = mean + surface.vertex[at(n)];
        count += 1.0;
      }
      const Vec3 to_mean = (1.0 / count) * mean - surface.vertex[v];
      const double along = dot(to_mean, normal[v]);
      const Vec3 tangential = to_mean - along * normal[v];
      const double bend = 2.0 * std::abs(along) / (edge * edge);
      const double smooth = 0.5 * (1.0 + std::tanh(bend_slope * (bend - bend_middle)));
      const Range range = range_below(image, spacing, surface.vertex[v], normal[v], options);
      const double height = (surface.vertex[v][2] - lowest) / std::max(highest - lowest, 1.0);
      const double border = options.border_lower + height * (options.border_upper - options.border_lower);
      const double span = std::max(range.high - options.background, 1e-6);
      const double threshold = span * border + options.background;
      const double push = 2.0 * (range.low - threshold) / span;
      moved[v] =
          surface.vertex[v] + 0.5 * tangential + (smooth * along + options.push * push * edge) * normal[v];
    }
    surface.vertex.swap(moved);
  }
}

core::Mask inside(const Surface& surface, const core::Grid& grid) {
  core::Mask mask(grid);
  const double spacing = grid.spacing_mm()[0];
  // Winding number along lines of the third axis: a triangle above a centre adds its orientation. The surface
  // may cut itself; what it winds around once or more is inside.
  std::vector<std::int16_t> turns(mask.voxels.size(), 0);
  // A shift far below any meaning keeps lines off vertices and edges, which would count twice or not at all.
  constexpr double kOffEdge = 1.2345e-7;
  for (const auto& t : surface.triangle) {
    std::array<Vec3, 3> p;
    for (std::size_t c = 0; c < 3; ++c) p[c] = (1.0 / spacing) * surface.vertex[at(t[c])];
    const double area = (p[1][0] - p[0][0]) * (p[2][1] - p[0][1]) - (p[2][0] - p[0][0]) * (p[1][1] - p[0][1]);
    if (area == 0.0) continue;
    const auto [x0, x1] = std::minmax({p[0][0], p[1][0], p[2][0]});
    const auto [y0, y1] = std::minmax({p[0][1], p[1][1], p[2][1]});
    const auto i0 = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(x0)));
    const auto i1 = std::min<std::int64_t>(grid.size[0] - 1, static_cast<std::int64_t>(std::ceil(x1)));
    const auto j0 = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(y0)));
    const auto j1 = std::min<std::int64_t>(grid.size[1] - 1, static_cast<std::int64_t>(std::ceil(y1)));
    for (std::int64_t j = j0; j <= j1; ++j) {
      for (std::int64_t i = i0; i <= i1; ++i) {
        const double x = static_cast<double>(i) + kOffEdge;
        const double y = static_cast<double>(j) + 2.0 * kOffEdge;
        const double u = ((x - p[0][0]) * (p[2][1] - p[0][1]) - (p[2][0] - p[0][0]) * (y - p[0][1])) / area;
        const double w = ((p[1][0] - p[0][0]) * (y - p[0][1]) - (x - p[0][0]) * (p[1][1] - p[0][1])) / area;
        if (u < 0.0 || w < 0.0 || u + w > 1.0) continue;
        const double z = p[0][2] + u * (p[1][2] - p[0][2]) + w * (p[2][2] - p[0][2]);
        const auto top = std::min<std::int64_t>(grid.size[2] - 1, static_cast<std::int64_t>(std::floor(z)));
        const auto turn = static_cast<std::int16_t>(area > 0.0 ? 1 : -1);
        for (std::int64_t k = 0; k <= top; ++k) {
          std::int16_t& n = turns[grid.index(i, j, k)];
          n = static_cast<std::int16_t>(n + turn);
        }
      }
    }
  }
  for (std::size_t n = 0; n < turns.size(); ++n) mask.voxels[n] = turns[n] > 0 ? 1 : 0;
  return mask;
}

}  // namespace isoscan::preprocess
