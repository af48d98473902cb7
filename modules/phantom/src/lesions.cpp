#include "lesions.hpp"

#include <cmath>
#include <numbers>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

#include "brain_anatomy.hpp"
#include "shape.hpp"

namespace isoscan::phantom {

namespace {

bool is_white(const Person& person, const Vec3& p) {
  constexpr double kPoint = 0.5;
  Mixture mixture;
  paint_brain(person, p, brain_hulls(p), kPoint, mixture);
  return mixture[Material::WhiteMatter] > 0.99F;
}

bool fits(const Person& person, const Ball& ball) {
  if (!is_white(person, ball.centre)) return false;
  for (std::size_t a = 0; a < 3; ++a) {
    for (const double sign : {-1.0, 1.0}) {
      Vec3 p = ball.centre;
      p[a] += sign * ball.radius;
      if (!is_white(person, p)) return false;
    }
  }
  for (const Ball& other : person.lesions) {
    if (length(ball.centre[0] - other.centre[0], ball.centre[1] - other.centre[1],
               ball.centre[2] - other.centre[2]) < ball.radius + other.radius) {
      return false;
    }
  }
  return true;
}

}  // namespace

void place_lesions(Person& person, double lesion_ml, std::uint64_t seed) {
  person.lesions.clear();
  constexpr double kBall = 4.0 / 3.0 * std::numbers::pi;
  const double world_per_template = std::abs(1.0 / person.template_from_world.determinant());
  double left = lesion_ml * 1000.0 / world_per_template;  // template mm^3
  core::Random random(seed, "lesions");
  constexpr int kTries = 50000;
  for (int n = 0; n < kTries && left > 0.0; ++n) {
    Ball ball;
    // Beside the lateral ventricles; a third anywhere in the hemispheres.
    const double side = random.uniform() < 0.5 ? -1.0 : 1.0;
    if (random.uniform() < 0.67) {
      ball.centre = {side * (22.0 + 5.0 * random.normal()), random.uniform(-55.0, 35.0),
                     19.0 + 7.0 * random.normal()};
    } else {
      ball.centre = {side * random.uniform(8.0, 55.0), random.uniform(-85.0, 55.0),
                     random.uniform(-10.0, 60.0)};
    }
    ball.radius = std::clamp(2.6 * std::exp(0.35 * random.normal()), 1.5, 6.5);
    ball.radius = std::min(ball.radius, std::cbrt(left / kBall));
    if (!fits(person, ball)) continue;
    left -= kBall * ball.radius * ball.radius * ball.radius;
    if (left < 1.0) left = 0.0;
    person.lesions.push_back(ball);
  }
  if (left > 0.0) {
    throw core::Error(core::ErrorKind::Config, "lesion_ml: this head's white matter has no room for so much");
  }
}

}  // namespace isoscan::phantom
