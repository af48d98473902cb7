#include "isoscan/domain/tone_curve.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"

namespace isoscan::domain {

double ToneCurve::operator()(double value) const {
  if (from.empty()) return value;
  if (value <= from.front()) return value + (to.front() - from.front());
  if (value >= from.back()) return value + (to.back() - from.back());
  const auto above =
      static_cast<std::size_t>(std::upper_bound(from.begin(), from.end(), value) - from.begin());
  const std::size_t below = above - 1;
  const double t = (value - from[below]) / (from[above] - from[below]);
  // As a change of the value, so that equal knots give the value back exactly.
  const double change = (1.0 - t) * (to[below] - from[below]) + t * (to[above] - from[above]);
  return value + change;
}

ToneCurve tone_curve(const std::vector<double>& from, const std::vector<double>& to) {
  if (from.size() != to.size())
    throw core::Error(core::ErrorKind::Internal, "tone curve: counts of knots differ");
  constexpr double kLeastStep = 1e-6;
  ToneCurve curve;
  double merged = 0.0;  // how many knots share the last place; their targets are averaged
  for (std::size_t n = 0; n < from.size(); ++n) {
    if (!std::isfinite(from[n]) || !std::isfinite(to[n])) {
      throw core::Error(core::ErrorKind::Numeric, "tone curve: a knot is not finite");
    }
    if (!curve.from.empty() && from[n] < curve.from.back() + kLeastStep) {
      merged += 1.0;
      curve.to.back() += (to[n] - curve.to.back()) / merged;
      continue;
    }
    merged = 1.0;
    curve.from.push_back(from[n]);
    curve.to.push_back(to[n]);
  }
  if (curve.from.size() < 2) {
    throw core::Error(core::ErrorKind::Numeric,
                      "tone curve: the brain has one intensity only, nothing to match");
  }
  for (std::size_t n = 1; n < curve.to.size(); ++n) curve.to[n] = std::max(curve.to[n], curve.to[n - 1]);
  return curve;
}

}  // namespace isoscan::domain
