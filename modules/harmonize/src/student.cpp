#include "student.hpp"

#include <boost/math/distributions/students_t.hpp>

namespace isoscan::harmonize {

double student_quantile(double tail, double freedom) {
  return boost::math::quantile(
      boost::math::complement(boost::math::students_t_distribution<double>(freedom), tail));
}

}  // namespace isoscan::harmonize
