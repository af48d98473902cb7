#include "isoscan/transport/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace {

void require_same_shape(const Rows& a, const Rows& b, const char* what) {
  require_same_dim(a, b, what);
  if (a.count != b.count)
    throw Error(ErrorKind::Input, std::string(what) + ": " + std::to_string(a.count) + " rows against " +
                                      std::to_string(b.count));
  if (a.count < 1) throw Error(ErrorKind::Input, std::string(what) + ": no rows");
}

double squared_distance(const Rows& a, const Rows& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const double d = static_cast<double>(a.values[i]) - static_cast<double>(b.values[i]);
    sum += d * d;
  }
  return sum;
}

/// Squared W2 on the line of two sorted samples: integral of the squared difference of quantile functions.
double sorted_w2_squared(const std::vector<double>& a, const std::vector<double>& b) {
  const double na = static_cast<double>(a.size());
  const double nb = static_cast<double>(b.size());
  double sum = 0.0;
  double at = 0.0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const double end_a = static_cast<double>(i + 1) / na;
    const double end_b = static_cast<double>(j + 1) / nb;
    const double end = std::min(end_a, end_b);
    const double d = a[i] - b[j];
    sum += (end - at) * d * d;
    at = end;
    if (end_a <= end) ++i;
    if (end_b <= end) ++j;
  }
  return sum;
}

std::vector<double> projected(const Rows& rows, const std::vector<double>& direction) {
  std::vector<double> values(static_cast<std::size_t>(rows.count), 0.0);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const float* x = rows.row(i);
    for (std::size_t d = 0; d < direction.size(); ++d)
      values[static_cast<std::size_t>(i)] += direction[d] * static_cast<double>(x[d]);
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<std::int64_t> spread(std::int64_t count, std::int64_t limit) {
  const std::int64_t kept = std::min(count, limit);
  std::vector<std::int64_t> picks(static_cast<std::size_t>(kept));
  for (std::int64_t i = 0; i < kept; ++i) picks[static_cast<std::size_t>(i)] = i * count / kept;
  return picks;
}

double distance(const float* x, const float* y, std::int64_t dim) {
  double sum = 0.0;
  for (std::int64_t d = 0; d < dim; ++d) {
    const double e = static_cast<double>(x[d]) - static_cast<double>(y[d]);
    sum += e * e;
  }
  return std::sqrt(sum);
}

}  // namespace

double total_variance(const Rows& rows) {
  const Moments m = moments(rows);
  double sum = 0.0;
  for (std::int64_t d = 0; d < m.dim; ++d) sum += m.covariance[static_cast<std::size_t>(d * m.dim + d)];
  return sum;
}

double l2_uvp(const Rows& mapped, const Rows& truth, double variance_target) {
  require_same_shape(mapped, truth, "L2-UVP");
  if (!(variance_target > 0.0)) throw Error(ErrorKind::Input, "L2-UVP: the target has no variance");
  return 100.0 * squared_distance(mapped, truth) / static_cast<double>(mapped.count) / variance_target;
}

double displacement_cosine(const Rows& x, const Rows& mapped, const Rows& truth) {
  require_same_shape(x, mapped, "cosine");
  require_same_shape(x, truth, "cosine");
  double product = 0.0;
  double a = 0.0;
  double b = 0.0;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const double from = static_cast<double>(x.values[i]);
    const double u = static_cast<double>(mapped.values[i]) - from;
    const double v = static_cast<double>(truth.values[i]) - from;
    product += u * v;
    a += u * u;
    b += v * v;
  }
  if (a == 0.0 && b == 0.0) return 1.0;
  if (a == 0.0 || b == 0.0) return 0.0;
  return product / std::sqrt(a * b);
}

double sliced_wasserstein2(const Rows& a, const Rows& b, int directions, std::uint64_t seed) {
  require_usable(a, "sliced Wasserstein");
  require_usable(b, "sliced Wasserstein");
  require_same_dim(a, b, "sliced Wasserstein");
  if (directions < 1) throw Error(ErrorKind::Config, "sliced Wasserstein: at least one direction is needed");
  core::Random random(seed, "sliced wasserstein");
  double sum = 0.0;
  std::vector<double> direction(static_cast<std::size_t>(a.dim));
  for (int k = 0; k < directions; ++k) {
    double norm = 0.0;
    for (double& v : direction) {
      v = random.normal();
      norm += v * v;
    }
    for (double& v : direction) v /= std::sqrt(norm);
    sum += sorted_w2_squared(projected(a, direction), projected(b, direction));
  }
  return std::sqrt(sum / directions);
}

double energy_distance(const Rows& a, const Rows& b, std::int64_t limit) {
  require_usable(a, "energy distance", 2);
  require_usable(b, "energy distance", 2);
  require_same_dim(a, b, "energy distance");
  if (limit < 2) throw Error(ErrorKind::Config, "energy distance: a limit of at least two rows is needed");
  const auto pa = spread(a.count, limit);
  const auto pb = spread(b.count, limit);
  double across = 0.0;
  for (const auto i : pa) {
    for (const auto j : pb) across += distance(a.row(i), b.row(j), a.dim);
  }
  const auto within = [](const Rows& rows, const std::vector<std::int64_t>& picks) {
    double sum = 0.0;
    for (std::size_t i = 0; i < picks.size(); ++i) {
      for (std::size_t j = i + 1; j < picks.size(); ++j)
        sum += distance(rows.row(picks[i]), rows.row(picks[j]), rows.dim);
    }
    const auto n = static_cast<double>(picks.size());
    return 2.0 * sum / (n * (n - 1.0));
  };
  across /= static_cast<double>(pa.size()) * static_cast<double>(pb.size());
  return 2.0 * across - within(a, pa) - within(b, pb);
}

double round_trip_error(const Rows& x, const Rows& back) {
  require_same_shape(x, back, "round trip");
  const double variance = total_variance(x);
  if (!(variance > 0.0)) throw Error(ErrorKind::Input, "round trip: the rows have no variance");
  return std::sqrt(squared_distance(x, back) / static_cast<double>(x.count) / variance);
}

double agreement(const Rows& d1, const Rows& d2) {
  require_same_shape(d1, d2, "agreement");
  double product = 0.0;
  double mean = 0.0;
  for (std::size_t i = 0; i < d1.values.size(); ++i) {
    const double u = static_cast<double>(d1.values[i]);
    const double v = static_cast<double>(d2.values[i]);
    product += u * v;
    mean += 0.25 * (u + v) * (u + v);
  }
  if (mean == 0.0) return 0.0;
  return std::clamp(product / mean, 0.0, 1.0);
}

}  // namespace isoscan::transport
