#include "isoscan/transport/matrix.hpp"

#include <cmath>

#include "isoscan/core/error.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

void require_usable(const Rows& rows, const std::string& what, std::int64_t least) {
  if (rows.dim < 1) throw Error(ErrorKind::Input, what + ": rows have no columns");
  if (rows.count < least)
    throw Error(ErrorKind::Input, what + ": " + std::to_string(rows.count) + " rows, at least " +
                                      std::to_string(least) + " are needed");
  if (static_cast<std::size_t>(rows.count * rows.dim) != rows.values.size())
    throw Error(ErrorKind::Input, what + ": " + std::to_string(rows.values.size()) + " values do not make " +
                                      std::to_string(rows.count) + " rows of " + std::to_string(rows.dim));
  for (std::size_t i = 0; i < rows.values.size(); ++i) {
    if (!std::isfinite(rows.values[i])) {
      const auto dim = static_cast<std::size_t>(rows.dim);
      throw Error(ErrorKind::Input, what + ": row " + std::to_string(i / dim) + ", column " +
                                        std::to_string(i % dim) + " is not a finite number");
    }
  }
}

void require_same_dim(const Rows& a, const Rows& b, const std::string& what) {
  if (a.dim != b.dim)
    throw Error(ErrorKind::Input,
                what + ": " + std::to_string(a.dim) + " columns against " + std::to_string(b.dim));
}

void require_weights(const std::vector<float>& weights, std::int64_t count, const std::string& what) {
  if (weights.empty()) return;
  if (static_cast<std::int64_t>(weights.size()) != count)
    throw Error(ErrorKind::Input, what + ": " + std::to_string(weights.size()) + " weights for " +
                                      std::to_string(count) + " rows");
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!std::isfinite(weights[i]) || weights[i] < 0.0F)
      throw Error(ErrorKind::Input,
                  what + ": the weight of row " + std::to_string(i) + " is negative or not finite");
    sum += static_cast<double>(weights[i]);
  }
  if (sum <= 0.0) throw Error(ErrorKind::Input, what + ": all weights are zero");
}

Moments moments(const Rows& rows, const std::vector<float>& weights) {
  require_usable(rows, "moments");
  require_weights(weights, rows.count, "moments");
  const auto dim = static_cast<std::size_t>(rows.dim);
  Moments result;
  result.dim = rows.dim;
  result.mean.assign(dim, 0.0);
  result.covariance.assign(dim * dim, 0.0);
  const auto weight = [&](std::int64_t i) {
    return weights.empty() ? 1.0 : static_cast<double>(weights[static_cast<std::size_t>(i)]);
  };
  double total = 0.0;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const double w = weight(i);
    const float* x = rows.row(i);
    total += w;
    for (std::size_t d = 0; d < dim; ++d) result.mean[d] += w * static_cast<double>(x[d]);
  }
  for (double& m : result.mean) m /= total;
  // Second pass about the mean: no cancellation where columns are far from zero.
  std::vector<double> centred(dim);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const double w = weight(i);
    if (w == 0.0) continue;
    const float* x = rows.row(i);
    for (std::size_t d = 0; d < dim; ++d) centred[d] = static_cast<double>(x[d]) - result.mean[d];
    for (std::size_t a = 0; a < dim; ++a) {
      const double scaled = w * centred[a];
      double* row = result.covariance.data() + a * dim;
      for (std::size_t b = 0; b <= a; ++b) row[b] += scaled * centred[b];
    }
  }
  for (std::size_t a = 0; a < dim; ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      const double value = result.covariance[a * dim + b] / total;
      result.covariance[a * dim + b] = value;
      result.covariance[b * dim + a] = value;
    }
  }
  return result;
}

}  // namespace isoscan::transport
