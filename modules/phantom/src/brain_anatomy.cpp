#include "brain_anatomy.hpp"

#include <cmath>

#include "noise.hpp"
#include "shape.hpp"

namespace isoscan::phantom {

namespace {

constexpr double kFar = 1e3;

/// The callosum and what lies under it: here the hemispheres are one, the fissure ends at its surface.
double midline_core(const Vec3& p) {
  return ellipsoid(p, {0, -4, 6}, {34, 37, 21});
}

/// Nuclei, ventricles and capsules of both sides: sulci end here.
double deep_core(const Vec3& p) {
  return ellipsoid({std::abs(p[0]), p[1], p[2]}, {12, -8, 6}, {24, 46, 25});
}

/// The folding field: noise on the surface, carried straight down, so that a sulcus is a sheet that ends in
/// the depth. A point goes along the ray from the axis of its hemisphere to an elliptic tube as large as the
/// hemisphere.
class SurfacePoint {
 public:
  explicit SurfacePoint(const Vec3& p) {
    const double side = p[0] < 0.0 ? -1.0 : 1.0;
    const double y = std::clamp(p[1], -58.0, 26.0);
    at_end_ = y != p[1];
    ray_ = {p[0] - side * 22.0, p[1] - y, p[2] - 10.0};
    if (side * ray_[0] < 0.0) tube_[0] = 23.0;  // the wall at the midline is near
    const double n = length(ray_[0] / tube_[0], ray_[1] / tube_[1], ray_[2] / tube_[2]);
    reach_ = std::max(0.12, n);  // the axis itself has no direction
    // The sides are kept apart: left and right fold on their own.
    place_ = {side * 82.0 + ray_[0] / reach_, y + ray_[1] / reach_, 10.0 + ray_[2] / reach_};
  }
  [[nodiscard]] const Vec3& place() const { return place_; }
  /// 1 near the surface, 0 on the axis, where the rays run together.
  [[nodiscard]] double reach() const { return reach_; }

  /// Squared slope, with respect to the point, of a field whose slope at place() is g.
  [[nodiscard]] double squared_slope(const Vec3& g) const {
    const double along = (ray_[0] * g[0] + ray_[1] * g[1] + ray_[2] * g[2]) / (reach_ * reach_ * reach_);
    Vec3 h{};
    for (std::size_t a = 0; a < 3; ++a) h[a] = g[a] / reach_ - along * ray_[a] / (tube_[a] * tube_[a]);
    if (!at_end_) h[1] = g[1];
    return h[0] * h[0] + h[1] * h[1] + h[2] * h[2];
  }

 private:
  Vec3 tube_{46.0, 48.0, 60.0};
  Vec3 ray_{};
  Vec3 place_{};
  double reach_ = 1.0;
  bool at_end_ = false;
};

/// Distance to the nearest sulcus (its middle sheet); `depth` below the hull.
double sulcus_distance(const Person& person, const Vec3& p, double depth) {
  constexpr double kDeepest = 28.0;
  if (depth > kDeepest + 5.0) return kFar;
  const SurfacePoint surface(p);
  const double bottom =
      std::clamp(19.0 + 20.0 * gradient_noise(person.stream(15), surface.place(), 34.0), 8.0, kDeepest);
  if (depth > bottom + 5.0) return kFar;
  // Sulci meander: a slow sway of the place, different in every depth.
  Vec3 q = surface.place();
  for (std::size_t a = 0; a < 3; ++a) {
    q[a] += 5.0 * gradient_noise(person.stream(12 + static_cast<std::uint32_t>(a)), p, 24.0);
  }
  const NoiseSlope coarse = gradient_noise_slope(person.stream(10), q, person.fold_mm);
  const NoiseSlope fine = gradient_noise_slope(person.stream(11), q, 0.47 * person.fold_mm);
  constexpr double kFine = 0.3;
  Vec3 slope{};
  for (std::size_t a = 0; a < 3; ++a) slope[a] = coarse.slope[a] + kFine * fine.slope[a];
  // Near a saddle the slope vanishes and |f| / |slope| would tear a hole.
  constexpr double kLeastSlope = 0.035;
  const double sheet = std::abs(coarse.value + kFine * fine.value) /
                       std::sqrt(surface.squared_slope(slope) + kLeastSlope * kLeastSlope);
  const double below = std::max({0.0, depth - bottom, 40.0 * (0.45 - surface.reach())});
  return std::sqrt(sheet * sheet + below * below);
}

/// The lateral fissure: a slanting sheet between temporal lobe and the rest, and the insula at its bottom.
double sylvian_distance(const Vec3& p) {
  const double x = std::abs(p[0]);
  const double off = (p[2] - (-3.0 - 0.5 * p[1])) * 0.894;  // cosine of the slant
  const double sheet = length(off, std::max(0.0, 37.5 - x), std::max({0.0, p[1] - 24.0, -46.0 - p[1]}));
  const double insula = length(x - 38.0, std::max({0.0, p[1] - 20.0, -22.0 - p[1]}),
                               std::max({0.0, p[2] - 13.0, -14.0 - p[2]}));
  return std::min(sheet, insula);
}

/// How far below the pial surface (negative: in the CSF of a sulcus or outside).
double pial_depth(const Person& person, const Vec3& p, double hull) {
  const double outside_core = midline_core(p);
  double fissure = std::abs(p[0]);
  if (outside_core < 0.0) fissure = std::sqrt(p[0] * p[0] + outside_core * outside_core);
  fissure -= 0.6 + 0.5 * person.sulcus_half_mm;
  const double depth = std::min(-hull, fissure);
  if (depth <= -3.0) return depth;

  double sulcus = std::max(sulcus_distance(person, p, std::max(0.0, depth)), -deep_core(p));
  // A sulcus is a slit in depth and opens towards the surface.
  sulcus -= person.sulcus_half_mm + 0.45 * std::exp(-std::max(0.0, depth) / 3.5);
  const double sylvian = sylvian_distance(p) - 1.2 * person.sulcus_half_mm - 0.4;
  return std::min({depth, sulcus, sylvian});
}

void paint_cerebrum(const Person& person, const Vec3& p, double hull, double width, Mixture& mixture) {
  if (hull > width) return;
  const double pial = pial_depth(person, p, hull);
  const double thickness = person.cortex_mm + 1.2 * gradient_noise(person.stream(16), p, 30.0);
  mixture.paint(Material::Cortex, cover(-pial, width));
  mixture.paint(Material::WhiteMatter, cover(thickness - pial, width));
  // The callosum has no cortex on it.
  mixture.paint(Material::WhiteMatter, cover(midline_core({p[0] * 2.2, p[1], p[2]}), width));
}

void paint_nuclei(const Vec3& p, double width, Mixture& mixture) {
  const Vec3 q{std::abs(p[0]), p[1], p[2]};
  if (q[0] > 42.0 || std::abs(q[1] + 5.0) > 45.0 || std::abs(q[2]) > 32.0) return;
  const double soft = std::max(width, 2.0);  // their rims are no sharp lines
  mixture.paint(Material::Cortex, cover(join(ellipsoid(q, {24, -4, -19}, {8, 9, 8}),
                                             rod(q, {26, -12, -18}, {24, -34, -6}, 5.0, 3.0), 3.0),
                                        soft));
  mixture.paint(Material::Thalamus, cover(ellipsoid(q, {11, -18, 7}, {9, 14.5, 8.5}), soft));
  mixture.paint(Material::Thalamus,
                cover(ellipsoid(p, {0, -1, -9}, {8, 11, 7}), soft));  // hypothalamus and around it
  // Putamen and pallidum lie along the insula, wider apart at the back.
  const double turn = 0.22;
  const Vec3 l{27.0 + (q[0] - 27.0) * std::cos(turn) + (q[1] - 2.0) * std::sin(turn),
               2.0 + (q[1] - 2.0) * std::cos(turn) - (q[0] - 27.0) * std::sin(turn), q[2]};
  mixture.paint(Material::Putamen, cover(ellipsoid(l, {27, 2, 2}, {5.5, 17, 10.5}), soft));
  mixture.paint(Material::Pallidum, cover(ellipsoid(l, {20.5, -1, 0}, {3.6, 10, 6.5}), soft));
  const double caudate =
      std::min(ellipsoid(q, {13.5, 15, 5}, {6.0, 10.5, 10}), rod(q, {14.5, 10, 13}, {20, -22, 21}, 4.2, 2.2));
  mixture.paint(Material::Caudate, cover(caudate, soft));
}

/// Folia: leaves around the transverse axis, every third fissure deep, white matter as a tree in the middle.
void paint_cerebellum(const Person& person, const Vec3& p, double hull, double width, Mixture& mixture) {
  if (hull > width) return;
  const double depth = -hull;
  const Vec3 q{p[0], p[1] + 56.0, p[2] + 35.0};
  const double sway = 7.0 * gradient_noise(person.stream(20), p, 20.0);
  const double along = 26.0 * std::atan2(q[2], -q[1]) + 0.15 * std::abs(q[0]) + sway;
  constexpr double kLeaf = 6.6;
  const double leaf = along / kLeaf;
  const double nearest = std::round(leaf);
  const bool deep = static_cast<long>(nearest) % 3 == 0;
  const double bottom = (deep ? 11.0 : 6.5) + 5.0 * gradient_noise(person.stream(21), p, 14.0);
  const double groove = kLeaf * std::abs(leaf - nearest);
  const double below = std::max({0.0, depth - bottom, 10.0 - std::hypot(q[1], q[2])});
  const double cut = std::sqrt(groove * groove + below * below) - 0.2 - 0.3 * person.sulcus_half_mm;
  const double pial = std::min(depth, cut);
  mixture.paint(Material::Cortex, cover(-pial, width));
  mixture.paint(Material::WhiteMatter, cover(2.2 - pial, width));
}

double lateral_ventricle(const Person& person, const Vec3& q) {
  const double v = person.ventricle;
  // Slits rather than pipes: narrower across than high.
  const Vec3 s{q[0] * 1.15, q[1], q[2] * 0.95};
  double d = rod(s, {7.5, 23, 4}, {8.0, 2, 16}, 4.8 * v, 4.4 * v);
  d = std::min(d, rod(s, {8.0, 2, 16}, {15, -26, 18}, 4.4 * v, 4.6 * v));
  d = std::min(d, ellipsoid(q, {0, 4, 9}, {5.0 * v, 19, 8.5}));  // beside the septum, under the callosum
  d = join(d, rod(s, {15, -26, 18}, {28, -41, 9}, 4.6 * v, 5.4 * v), 3.0);
  d = join(d, rod(s, {28, -41, 9}, {25, -64, 5}, 5.4 * v, 1.8 * v), 3.0);
  d = join(d, rod(s, {28, -41, 9}, {39, -26, -9}, 5.0 * v, 2.2 * v), 3.0);
  return std::min(d, rod(s, {39, -26, -9}, {35, -10, -19}, 2.2 * v, 1.6 * v));
}

void paint_ventricles(const Person& person, const Vec3& p, double width, Mixture& mixture) {
  const Vec3 q{std::abs(p[0]), p[1], p[2]};
  if (q[0] > 60.0) return;
  const double septum = 0.5 - q[0];  // the two sides stay apart
  const double v = person.ventricle;
  mixture.paint(Material::Csf, cover(std::max(lateral_ventricle(person, q), septum), width));
  mixture.paint(Material::Csf, cover(ellipsoid(p, {0, -12, 0}, {1.9 * v, 15, 10}), width));
  mixture.paint(Material::Csf, cover(rod(p, {0, -27, -4}, {0, -36, -20}, 1.0, 1.2), width));  // aqueduct
  mixture.paint(Material::Csf, cover(ellipsoid(p, {0, -44, -33}, {6.5 * v, 4.5 * v, 11}), width));
}

}  // namespace

BrainHulls brain_hulls(const core::Vec3& p) {
  const Vec3 q{std::abs(p[0]), p[1], p[2]};
  BrainHulls hulls;
  hulls.cerebellum =
      join(ellipsoid(q, {24, -64, -37}, {29, 29, 24}), ellipsoid(q, {0, -60, -32}, {12, 24, 22}), 8.0);
  hulls.stem =
      join(ellipsoid(q, {0, -26, -34}, {17, 12, 14}), rod(p, {0, -20, -6}, {0, -31, -32}, 13.0, 11.0), 5.0);
  hulls.stem = join(hulls.stem, rod(p, {0, -33, -44}, {0, -42, -74}, 9.0, 7.0), 6.0);
  // The middle peduncles: broad bridges to the white matter of the cerebellum.
  hulls.stem = join(hulls.stem, rod(q, {11, -28, -33}, {20, -60, -36}, 9.5, 8.0), 6.0);
  double cerebrum = ellipsoid(q, {0, -17, 12}, {69, 88, 68});
  cerebrum = meet(cerebrum, -20.0 - p[2], 9.0);
  cerebrum = join(cerebrum, ellipsoid(q, {45, -14, -21}, {23, 43, 23}), 8.0);
  hulls.cerebrum = meet(cerebrum, 1.0 - hulls.cerebellum, 2.0);
  hulls.envelope = join(join(hulls.cerebrum, hulls.cerebellum, 9.0), hulls.stem, 9.0) - 1.2;
  return hulls;
}

void paint_brain(const Person& person, const core::Vec3& p, const BrainHulls& hulls, double width,
                 Mixture& mixture) {
  const double inside = cover(hulls.envelope, width);
  if (inside <= 0.0) return;
  Mixture brain;
  brain.fill(Material::Csf);
  paint_cerebrum(person, p, hulls.cerebrum, width, brain);
  paint_nuclei(p, width, brain);
  paint_cerebellum(person, p, hulls.cerebellum, width, brain);
  brain.paint(Material::WhiteMatter, cover(hulls.stem, width));
  paint_ventricles(person, p, width, brain);
  for (const Ball& lesion : person.lesions) {
    const double x = p[0] - lesion.centre[0];
    const double y = p[1] - lesion.centre[1];
    const double z = p[2] - lesion.centre[2];
    const double reach = lesion.radius + width;
    if (x * x + y * y + z * z > reach * reach) continue;
    const auto c = static_cast<float>(cover(length(x, y, z) - lesion.radius, width));
    const float moved = c * brain[Material::WhiteMatter];  // grey matter and ventricles keep what is theirs
    brain.share[static_cast<std::size_t>(Material::WhiteMatter)] -= moved;
    brain.share[static_cast<std::size_t>(Material::Lesion)] += moved;
  }
  const auto keep = static_cast<float>(1.0 - inside);
  const auto part = static_cast<float>(inside);
  for (std::size_t m = 0; m < kMaterialCount; ++m)
    mixture.share[m] = keep * mixture.share[m] + part * brain.share[m];
}

}  // namespace isoscan::phantom
