#include "head_anatomy.hpp"

#include <cmath>

#include "noise.hpp"
#include "shape.hpp"

namespace isoscan::phantom {

namespace {

/// The inner table of the skull: a smooth hull over the brain, some fluid away.
double skull_inside(const Person& person, const BrainHulls& hulls) {
  return join(join(hulls.cerebrum, hulls.cerebellum, 22.0), hulls.stem, 10.0) - person.outer_csf_mm;
}

void paint_air_spaces(const Vec3& p, double width, Mixture& mixture) {
  const Vec3 q{std::abs(p[0]), p[1], p[2]};
  double air = ellipsoid(q, {25, 52, -60}, {12, 14, 15});        // maxillary
  air = std::min(air, ellipsoid(q, {11, 74, -8}, {9, 3.5, 7}));  // frontal
  air = std::min(air, ellipsoid(q, {7, 22, -40}, {7, 9, 7}));    // sphenoid
  air = std::min(air,
                 std::max(ellipsoid(q, {7, 60, -52}, {6.5, 30, 17}), 1.2 - q[0]));  // nasal cavities, septum
  air = std::min(air, rod(p, {0, 14, -55}, {0, 4, -150}, 6.5, 8.5));                // throat
  air = std::min(air, rod(q, {58, -24, -38}, {90, -22, -38}, 3.0, 4.0));            // ear canals
  mixture.paint(Material::Air, cover(air, width));
}

void paint_neck(const Vec3& p, double width, Mixture& mixture) {
  if (p[2] > -55.0) return;
  const double vertebra = rod(p, {0, -22, -72}, {0, -30, -190}, 11.0, 12.0);
  mixture.paint(Material::Bone, cover(vertebra, width));
  const double level = p[2] / 17.0 - std::floor(p[2] / 17.0);  // bodies and discs
  if (level > 0.25) mixture.paint(Material::Marrow, cover(vertebra + 1.8, width));
  const double canal = rod(p, {0, -42, -66}, {0, -50, -200}, 8.5, 8.5);
  mixture.paint(Material::Bone, cover(canal - 4.5, width));
  mixture.paint(Material::OuterCsf, cover(canal, width));
  mixture.paint(Material::Cord, cover(canal + 3.6, width));
}

void paint_eyes(const Vec3& p, double width, Mixture& mixture) {
  const Vec3 q{std::abs(p[0]), p[1], p[2]};
  const double orbit =
      join(ellipsoid(q, {32, 64, -30}, {17, 15, 16}), rod(q, {31, 56, -30}, {16, 26, -28}, 12.0, 4.0), 5.0);
  if (orbit > 4.0) return;
  mixture.paint(Material::Bone, cover(orbit - 1.5, width));
  mixture.paint(Material::Fat, cover(orbit, width));
  mixture.paint(Material::Muscle,
                cover(rod(q, {33, 58, -30}, {15, 27, -28}, 2.2, 1.8), width));  // nerve and muscles
  const double ball = length(q[0] - 33.0, q[1] - 69.0, q[2] + 30.0);
  mixture.paint(Material::Skin, cover(ball - 12.5, width));
  mixture.paint(Material::Eye, cover(ball - 11.7, width));
  mixture.paint(Material::Muscle, cover(ellipsoid(q, {33, 77.5, -30}, {4.6, 2.2, 4.6}), width));  // lens
}

void paint_jaws(const Vec3& p, double width, Mixture& mixture) {
  if (p[2] > -66.0) return;
  const Vec3 q{std::abs(p[0]), p[1], p[2]};
  const double bend = 48.0 * (1.0 - q[0] * q[0] / (52.0 * 52.0));  // the arch, seen from below
  const double arch = std::abs(q[1] - 28.0 - bend) * 0.75;
  const double lower = length(std::max(0.0, arch - 3.0), std::max(0.0, std::abs(p[2] + 108.0) - 10.0),
                              std::max(0.0, q[0] - 44.0)) -
                       2.5;
  mixture.paint(Material::Bone, cover(lower, width));
  mixture.paint(Material::Marrow, cover(lower + 3.0, width));
  const double upper = length(std::max(0.0, arch - 2.0), std::max(0.0, std::abs(p[2] + 78.0) - 6.0),
                              std::max(0.0, q[0] - 34.0)) -
                       2.0;
  mixture.paint(Material::Bone, cover(upper, width));
}

}  // namespace

double skin_distance(const Person& person, const core::Vec3& p, const BrainHulls& hulls) {
  const Vec3 q{std::abs(p[0]), p[1], p[2]};
  double skin = skull_inside(person, hulls) - person.skull_mm - person.scalp_fat_mm - 3.0;
  double face = ellipsoid(q, {0, 36, -70}, {60, 56, 62});
  face = join(face, ellipsoid(q, {26, 58, -48}, {34, 34, 34}), 12.0);       // cheeks
  face = join(face, rod(p, {0, 88, -34}, {0, 103, -60}, 7.0, 11.0), 12.0);  // nose
  face = join(face, ellipsoid(q, {0, 82, -118}, {20, 17, 15}), 12.0);       // chin
  skin = join(skin, face, 16.0);
  skin = join(skin, rod(p, {0, -22, -70}, {0, -30, -260}, 56.0, 60.0), 22.0);  // neck
  skin = join(skin, ellipsoid(q, {83, -24, -36}, {5, 15, 27}), 3.0);           // ears
  // The sockets: the eyeballs bulge in a hollow.
  return meet(skin, 13.0 - length(q[0] - 33.0, q[1] - 92.0, q[2] + 30.0), 8.0);
}

void paint_head(const Person& person, const core::Vec3& p, const BrainHulls& hulls, double skin, double width,
                Mixture& mixture) {
  mixture.fill(Material::Air);
  if (skin > width) return;
  const double fat_mm = person.scalp_fat_mm + 3.0 * gradient_noise(person.stream(30), p, 40.0);
  mixture.paint(Material::Skin, cover(skin, width));
  mixture.paint(Material::Fat, cover(skin + 1.8, width));
  mixture.paint(Material::Muscle, cover(skin + 1.8 + std::max(1.0, fat_mm), width));

  const double inside = skull_inside(person, hulls);
  const double depth = -skin;
  if (p[2] < -15.0 && depth > 4.0) {
    // Muscles are bundles with fat between them.
    const double seam = std::abs(gradient_noise(person.stream(31), {p[0], p[1], 0.5 * p[2]}, 21.0));
    mixture.paint(Material::Fat, (1.0 - ramp(0.0, 0.09, seam)) * ramp(4.0, 9.0, depth) * 0.45);
    paint_jaws(p, width, mixture);
    paint_neck(p, width, mixture);
  }
  const double skull_mm = person.skull_mm + 2.0 * gradient_noise(person.stream(32), p, 45.0);
  if (p[2] > -66.0) {
    mixture.paint(Material::Bone, cover(inside - skull_mm, width));
    // Marrow between two tables, patchy.
    const double middle = std::abs(inside - 0.55 * skull_mm) - 0.2 * skull_mm;
    const double patch = ramp(-0.25, 0.25, gradient_noise(person.stream(33), p, 16.0) + 0.15);
    mixture.paint(Material::Marrow, cover(middle, width) * patch);
  }
  if (p[1] > -40.0 && p[2] < 12.0) {
    paint_air_spaces(p, width, mixture);
    paint_eyes(p, width, mixture);
  }
  mixture.paint(Material::OuterCsf, cover(inside, width));
}

}  // namespace isoscan::phantom
