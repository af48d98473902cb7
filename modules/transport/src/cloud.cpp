#include "cloud.hpp"

#include <algorithm>
#include <cmath>

namespace isoscan::transport {

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
  double* sum = out.data();
  for (std::size_t d = 0; d < dim_; ++d) {
    const double* v = column(d);
    const double at = u[d];
    for (std::size_t j = 0; j < count_; ++j) {
      const double e = v[j] - at;
      sum[j] += e * e;
    }
  }
}

double lane_sum(const double* values, std::size_t count) {
  double lanes[4] = {0.0, 0.0, 0.0, 0.0};
  std::size_t j = 0;
  for (; j + 4 <= count; j += 4) {
    for (std::size_t k = 0; k < 4; ++k) lanes[k] += values[j + k];
  }
  for (; j < count; ++j) lanes[0] += values[j];
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

double lane_dot(const double* a, const double* b, std::size_t count) {
  double lanes[4] = {0.0, 0.0, 0.0, 0.0};
  std::size_t j = 0;
  for (; j + 4 <= count; j += 4) {
    for (std::size_t k = 0; k < 4; ++k) lanes[k] += a[j + k] * b[j + k];
  }
  for (; j < count; ++j) lanes[0] += a[j] * b[j];
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

double exp_below_largest(std::vector<double>& values) {
  double lanes[4] = {values[0], values[0], values[0], values[0]};
  std::size_t j = 0;
  for (; j + 4 <= values.size(); j += 4) {
    for (std::size_t k = 0; k < 4; ++k) lanes[k] = values[j + k] > lanes[k] ? values[j + k] : lanes[k];
  }
  for (; j < values.size(); ++j) lanes[0] = std::max(lanes[0], values[j]);
  const double largest = std::max(std::max(lanes[0], lanes[1]), std::max(lanes[2], lanes[3]));
  for (double& v : values) v = exp_of_negative(v - largest);
  return largest;
}

}  // namespace isoscan::transport
