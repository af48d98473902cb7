#include "person.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "isoscan/core/random.hpp"

#include "noise.hpp"

namespace isoscan::phantom {

namespace {

/// A normal draw that never strays beyond two SD: every person must be a plausible one.
double modest(core::Random& random) {
  return std::clamp(random.normal(), -2.0, 2.0);
}

core::Affine rotation(double about_x, double about_y, double about_z) {
  const double cx = std::cos(about_x), sx = std::sin(about_x);
  const double cy = std::cos(about_y), sy = std::sin(about_y);
  const double cz = std::cos(about_z), sz = std::sin(about_z);
  core::Affine rx, ry, rz;
  rx.matrix = {1, 0, 0, 0, cx, -sx, 0, sx, cx};
  ry.matrix = {cy, 0, sy, 0, 1, 0, -sy, 0, cy};
  rz.matrix = {cz, -sz, 0, sz, cz, 0, 0, 0, 1};
  return rz * ry * rx;
}

}  // namespace

Person make_person(std::uint64_t seed, double age_years, const core::Vec3& head_centre,
                   const core::Vec3& template_centre) {
  Person person;
  // One stream a trait, so that a new trait changes no old one.
  const auto draw = [seed](const char* trait) {
    core::Random random(seed, trait);
    return modest(random);
  };
  constexpr double kMniIsLarge = 0.915;  // the template of Montreal is larger than most heads
  const double size = kMniIsLarge * (1.0 + 0.02 * draw("size"));
  const core::Vec3 scale{size * (1.0 + 0.012 * draw("width")), size * (1.0 + 0.012 * draw("length")),
                         size * (1.0 + 0.012 * draw("height"))};
  person.scale = (scale[0] + scale[1] + scale[2]) / 3.0;

  constexpr double kDegree = std::numbers::pi / 180.0;
  const core::Affine turn =
      rotation(3.0 * kDegree * draw("nod"), 1.5 * kDegree * draw("tilt"), 2.0 * kDegree * draw("turn"));
  core::Affine world_from_template;
  world_from_template.matrix = {-scale[0], 0, 0, 0, -scale[1], 0, 0, 0, scale[2]};  // x right, y front -> LPS
  world_from_template = turn * world_from_template;
  const core::Vec3 moved = world_from_template(template_centre);
  const core::Vec3 shift{2.0 * draw("shift x"), 2.0 * draw("shift y"), 2.0 * draw("shift z")};
  for (std::size_t a = 0; a < 3; ++a) world_from_template.offset[a] = head_centre[a] + shift[a] - moved[a];
  person.template_from_world = world_from_template.inverse();

  // Ageing as large cohorts show it: ventricles widen faster after sixty, sulci open, cortex thins slowly.
  const double years = age_years - 40.0;
  const double late = std::max(0.0, age_years - 60.0);
  person.ventricle =
      std::clamp((1.0 + 0.004 * years + 0.010 * late) * std::exp(0.12 * draw("ventricles")), 0.6, 2.0);
  person.sulcus_half_mm = std::clamp(0.32 + 0.004 * years + 0.006 * late + 0.04 * draw("sulci"), 0.15, 1.2);
  person.cortex_mm = std::clamp(3.15 - 0.006 * years + 0.08 * draw("cortex"), 2.3, 3.5);
  person.outer_csf_mm = std::clamp(1.8 + 0.015 * years + 0.02 * late + 0.3 * draw("outer csf"), 1.0, 5.0);
  person.scalp_fat_mm = 4.0 + 1.0 * draw("scalp");
  person.skull_mm = 6.5 + 0.6 * draw("skull");
  person.fold_mm = 17.8 * (1.0 + 0.04 * draw("folds"));
  person.warp_mm = 2.5;
  person.noise_seed = static_cast<std::uint32_t>(core::Random(seed, "noise").seed());
  return person;
}

core::Vec3 warped(const Person& person, const core::Vec3& p) {
  constexpr double kWavelength = 55.0;
  // Gradient noise has SD 0.27: three times that is the SD asked for.
  const double size = person.warp_mm / 0.27 * 0.6;
  return {p[0] + size * gradient_noise(person.stream(1), p, kWavelength),
          p[1] + size * gradient_noise(person.stream(2), p, kWavelength),
          p[2] + size * gradient_noise(person.stream(3), p, kWavelength)};
}

}  // namespace isoscan::phantom
