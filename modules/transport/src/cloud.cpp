#include "cloud.hpp"

#include <algorithm>
#include <cmath>

namespace isoscan::transport {

namespace {

ISOSCAN_EACH_CPU void add_squares(const double* values, double at, double* sum, std::size_t count) {
  for (std::size_t j = 0; j < count; ++j) {
    const double e = values[j] - at;
    sum[j] += e * e;
  }
}

/// Of at least one value, none of which is NaN.
ISOSCAN_EACH_CPU double largest_of(const double* values, std::size_t count) {
  double lanes[8];
  for (double& lane : lanes) lane = values[0];
  std::size_t j = 0;
  for (; j + 8 <= count; j += 8) {
    for (std::size_t k = 0; k < 8; ++k) lanes[k] = values[j + k] > lanes[k] ? values[j + k] : lanes[k];
  }
  for (; j < count; ++j) lanes[0] = std::max(lanes[0], values[j]);
  return *std::max_element(lanes, lanes + 8);
}

ISOSCAN_EACH_CPU void exp_below(double* values, double largest, std::size_t count) {
  for (std::size_t j = 0; j < count; ++j) values[j] = exp_of_negative(values[j] - largest);
}

/// The same order for every instruction set.
double sum_of(const double (&lanes)[8]) {
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

}  // namespace

Cloud::Cloud(const Rows& rows, const std::vector<double>& column_cost)
    : count_(static_cast<std::size_t>(rows.count)),
      dim_(static_cast<std::size_t>(rows.dim)),
      values_(count_ * dim_) {
  for (std::size_t d = 0; d < dim_; ++d) {
    const double scale = std::sqrt(column_cost[d]);
    for (std::size_t i = 0; i < count_; ++i)
      values_[d * count_ + i] = scale * static_cast<double>(rows.values[i * dim_ + d]);
  }
}

void Cloud::point(std::size_t i, std::vector<double>& out) const {
  out.resize(dim_);
  for (std::size_t d = 0; d < dim_; ++d) out[d] = values_[d * count_ + i];
}

void Cloud::squared_distances(const std::vector<double>& u, std::vector<double>& out) const {
  out.assign(count_, 0.0);
  for (std::size_t d = 0; d < dim_; ++d) add_squares(column(d), u[d], out.data(), count_);
}

ISOSCAN_EACH_CPU double lane_sum(const double* values, std::size_t count) {
  double lanes[8] = {};
  std::size_t j = 0;
  for (; j + 8 <= count; j += 8) {
    for (std::size_t k = 0; k < 8; ++k) lanes[k] += values[j + k];
  }
  for (; j < count; ++j) lanes[0] += values[j];
  return sum_of(lanes);
}

ISOSCAN_EACH_CPU double lane_dot(const double* a, const double* b, std::size_t count) {
  double lanes[8] = {};
  std::size_t j = 0;
  for (; j + 8 <= count; j += 8) {
    for (std::size_t k = 0; k < 8; ++k) lanes[k] += a[j + k] * b[j + k];
  }
  for (; j < count; ++j) lanes[0] += a[j] * b[j];
  return sum_of(lanes);
}

ISOSCAN_EACH_CPU void log_weights(const double* offer, const double* distance, double inverse, double* out,
                                  std::size_t count) {
  for (std::size_t j = 0; j < count; ++j) out[j] = offer[j] - distance[j] * inverse;
}

double exp_below_largest(std::vector<double>& values) {
  const double largest = largest_of(values.data(), values.size());
  exp_below(values.data(), largest, values.size());
  return largest;
}

}  // namespace isoscan::transport
