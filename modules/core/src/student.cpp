#include "isoscan/core/student.hpp"

#include <cmath>

#include <boost/math/distributions/students_t.hpp>

namespace isoscan::core {

double student_quantile(double tail, double freedom) {
  return boost::math::quantile(
      boost::math::complement(boost::math::students_t_distribution<double>(freedom), tail));
}

double prediction_reach(double share, double n) {
  return student_quantile(0.5 * share, n - 1.0) * std::sqrt(1.0 + 1.0 / n);
}

}  // namespace isoscan::core
