#include "student.hpp"

#include <cmath>

namespace isoscan::harmonize {

/// Closed form for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4).
double student_tail(double t, int freedom) {
  const double pi = std::acos(-1.0);
  const double angle = std::atan(t / std::sqrt(static_cast<double>(freedom)));
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  double term = freedom % 2 == 0 ? 1.0 : c;
  double sum = freedom == 1 ? 0.0 : term;
  for (int k = freedom % 2 == 0 ? 2 : 3; k <= freedom - 2; k += 2) {
    term *= c * c * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  const double within = freedom % 2 == 0 ? s * sum : 2.0 / pi * (angle + s * sum);
  return 0.5 * (1.0 - within);
}

double student_quantile(double tail, int freedom) {
  double low = 0.0;
  double high = 1.0;
  while (student_tail(high, freedom) > tail && high < 1e12) high *= 2.0;
  constexpr int kHalvings = 80;
  for (int n = 0; n < kHalvings; ++n) {
    const double middle = 0.5 * (low + high);
    (student_tail(middle, freedom) > tail ? low : high) = middle;
  }
  return high;
}

}  // namespace isoscan::harmonize
