#include "isoscan/quality/distance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::quality {

namespace {

void require_comparable(const Samples& a, const Samples& b) {
  if (a.dimensions == 0 || a.dimensions != b.dimensions) {
    throw core::Error(core::ErrorKind::Input, "distance between samples of " + std::to_string(a.dimensions) +
                                                  " and " + std::to_string(b.dimensions) + " features");
  }
  if (a.rows() == 0 || b.rows() == 0)
    throw core::Error(core::ErrorKind::Input, "distance to an empty set of samples");
}

/// integral |Qa - Qb|^order of sorted values.
double transport_cost(const std::vector<float>& a, const std::vector<float>& b, int order) {
  const auto cost = [order](double d) { return order == 1 ? std::abs(d) : d * d; };
  if (a.size() == b.size()) {
    double sum = 0.0;
    for (std::size_t n = 0; n < a.size(); ++n) sum += cost(static_cast<double>(a[n]) - b[n]);
    return sum / static_cast<double>(a.size());
  }
  // Steps of both quantile functions, in units of 1 / (na nb): whole numbers, nothing is lost.
  double sum = 0.0;
  std::size_t i = 0;
  std::size_t j = 0;
  std::uint64_t at = 0;
  while (i < a.size() && j < b.size()) {
    const std::uint64_t end_a = (i + 1) * b.size();
    const std::uint64_t end_b = (j + 1) * a.size();
    const std::uint64_t next = std::min(end_a, end_b);
    sum += static_cast<double>(next - at) * cost(static_cast<double>(a[i]) - b[j]);
    at = next;
    if (end_a == next) ++i;
    if (end_b == next) ++j;
  }
  return sum / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
}

void require_order(int order) {
  if (order != 1 && order != 2)
    throw core::Error(core::ErrorKind::Config, "Wasserstein: the order must be 1 or 2");
}

/// A random orthonormal frame: Gram-Schmidt (twice, for the digits) on normal draws.
std::vector<double> random_frame(std::size_t d, core::Random& random) {
  std::vector<double> frame(d * d);
  for (std::size_t r = 0; r < d; ++r) {
    double* row = frame.data() + r * d;
    double size = 0.0;
    while (size < 1e-6) {
      for (std::size_t c = 0; c < d; ++c) row[c] = random.normal();
      for (int pass = 0; pass < 2; ++pass) {
        for (std::size_t q = 0; q < r; ++q) {
          const double* other = frame.data() + q * d;
          const double along = std::inner_product(row, row + d, other, 0.0);
          for (std::size_t c = 0; c < d; ++c) row[c] -= along * other[c];
        }
      }
      size = std::sqrt(std::inner_product(row, row + d, row, 0.0));
    }
    for (std::size_t c = 0; c < d; ++c) row[c] /= size;
  }
  return frame;
}

std::vector<float> projected(const Samples& samples, const double* direction) {
  std::vector<float> line(samples.rows());
  for (std::size_t n = 0; n < line.size(); ++n) {
    const float* row = samples.row(n);
    double sum = 0.0;
    for (std::size_t c = 0; c < samples.dimensions; ++c) sum += direction[c] * row[c];
    line[n] = static_cast<float>(sum);
  }
  std::sort(line.begin(), line.end());
  return line;
}

/// Mean of |first coordinate| on the unit sphere.
double mean_projection(std::size_t dimensions) {
  const auto d = static_cast<double>(dimensions);
  return std::exp(std::lgamma(0.5 * d) - std::lgamma(0.5 * (d + 1.0))) / std::sqrt(std::numbers::pi);
}

Samples drawn(const Samples& samples, const std::vector<std::size_t>& rows) {
  Samples result;
  result.dimensions = samples.dimensions;
  result.values.reserve(rows.size() * samples.dimensions);
  for (const std::size_t r : rows)
    result.values.insert(result.values.end(), samples.row(r), samples.row(r) + samples.dimensions);
  return result;
}

/// The first `count` of a shuffle (Fisher and Yates).
std::vector<std::size_t> some_of(std::vector<std::size_t> rows, std::size_t count, core::Random& random) {
  count = std::min(count, rows.size());
  for (std::size_t n = 0; n < count; ++n) std::swap(rows[n], rows[n + random.below(rows.size() - n)]);
  rows.resize(count);
  return rows;
}

std::vector<std::size_t> all_rows(const Samples& samples) {
  std::vector<std::size_t> rows(samples.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

double squared_distance(const float* a, const float* b, std::size_t dimensions) {
  float sum = 0.0F;
  for (std::size_t c = 0; c < dimensions; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

/// Median distance between different rows of the pooled sample, from at most 500 rows.
double median_distance(const Samples& a, const Samples& b) {
  Samples pooled = a;
  pooled.values.insert(pooled.values.end(), b.values.begin(), b.values.end());
  const std::size_t stride = std::max<std::size_t>(1, pooled.rows() / 500);
  std::vector<float> distances;
  for (std::size_t i = 0; i < pooled.rows(); i += stride) {
    for (std::size_t j = i + stride; j < pooled.rows(); j += stride) {
      distances.push_back(
          static_cast<float>(std::sqrt(squared_distance(pooled.row(i), pooled.row(j), pooled.dimensions))));
    }
  }
  return core::quantile(distances, 0.5);
}

/// Mean kernel between the rows of a and b; within one set, of different rows only.
double mean_kernel(const Samples& a, const Samples& b, bool one_set, double bandwidth) {
  const double scale = -0.5 / (bandwidth * bandwidth);
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = one_set ? i + 1 : 0; j < b.rows(); ++j) {
      sum += std::exp(scale * squared_distance(a.row(i), b.row(j), a.dimensions));
      count += 1.0;
    }
  }
  return sum / count;
}

}  // namespace

double wasserstein(std::vector<float> a, std::vector<float> b, int order) {
  require_order(order);
  if (a.empty() || b.empty())
    throw core::Error(core::ErrorKind::Numeric, "Wasserstein distance of an empty sample");
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const double cost = transport_cost(a, b, order);
  return order == 1 ? cost : std::sqrt(cost);
}

double histogram_wasserstein(const std::vector<double>& a, const std::vector<double>& b, double bin_width) {
  if (a.size() != b.size())
    throw core::Error(core::ErrorKind::Input, "Wasserstein distance of histograms with other bins");
  double sum_a = 0.0;
  double sum_b = 0.0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    if (!(a[n] >= 0.0) || !(b[n] >= 0.0))
      throw core::Error(core::ErrorKind::Input, "a histogram with a negative count");
    sum_a += a[n];
    sum_b += b[n];
  }
  if (sum_a == 0.0 || sum_b == 0.0)
    throw core::Error(core::ErrorKind::Input, "Wasserstein distance of an empty histogram");
  double below = 0.0;
  double distance = 0.0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    below += a[n] / sum_a - b[n] / sum_b;
    distance += std::abs(below);
  }
  return distance * bin_width;
}

double sliced_wasserstein(const Samples& a, const Samples& b, const SlicedOptions& options) {
  require_order(options.order);
  if (options.projections < 1)
    throw core::Error(core::ErrorKind::Config, "sliced Wasserstein: 1 projection or more");
  require_comparable(a, b);
  const std::size_t d = a.dimensions;
  const std::size_t frames = (static_cast<std::size_t>(options.projections) + d - 1) / d;
  core::Random random(options.seed, "sliced Wasserstein");
  double sum = 0.0;
  for (std::size_t f = 0; f < frames; ++f) {
    const std::vector<double> frame = random_frame(d, random);
    for (std::size_t r = 0; r < d; ++r) {
      const double* direction = frame.data() + r * d;
      sum += transport_cost(projected(a, direction), projected(b, direction), options.order);
    }
  }
  const double mean = sum / static_cast<double>(frames * d);
  if (options.order == 2) return std::sqrt(mean * static_cast<double>(d));
  return mean / mean_projection(d);
}

double mmd_squared(const Samples& a, const Samples& b, const MmdOptions& options) {
  require_comparable(a, b);
  if (!(options.bandwidth >= 0.0))
    throw core::Error(core::ErrorKind::Config, "MMD: the bandwidth must not be negative");
  core::Random random(options.seed, "MMD rows");
  const Samples x = drawn(a, some_of(all_rows(a), options.most_rows, random));
  const Samples y = drawn(b, some_of(all_rows(b), options.most_rows, random));
  if (x.rows() < 2 || y.rows() < 2)
    throw core::Error(core::ErrorKind::Input, "MMD needs two rows of each set");
  const double bandwidth = options.bandwidth > 0.0 ? options.bandwidth : median_distance(x, y);
  if (bandwidth == 0.0) return 0.0;  // all rows are one point
  return mean_kernel(x, x, true, bandwidth) + mean_kernel(y, y, true, bandwidth) -
         2.0 * mean_kernel(x, y, false, bandwidth);
}

DistanceWithNull with_null(const Samples& reference, const Samples& site, const Distance& distance,
                           int repeats, std::uint64_t seed, const std::vector<int>& people) {
  if (repeats < 1) throw core::Error(core::ErrorKind::Config, "distance with null: 1 repeat or more");
  require_comparable(reference, site);
  if (!people.empty() && people.size() != reference.rows()) {
    throw core::Error(core::ErrorKind::Input, "distance with null: name the person of every reference row");
  }
  std::vector<int> person = people;
  if (person.empty()) {
    person.resize(reference.rows());
    std::iota(person.begin(), person.end(), 0);
  }
  std::vector<int> names = person;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.size() < 2)
    throw core::Error(core::ErrorKind::Input, "distance with null: the reference has one person only");

  core::Random random(seed, "split halves");
  DistanceWithNull result;
  std::vector<float> nulls;
  std::vector<float> values;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    std::vector<int> order = names;
    for (std::size_t n = 0; n + 1 < order.size(); ++n)
      std::swap(order[n], order[n + random.below(order.size() - n)]);
    std::vector<int> chosen(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2));
    std::sort(chosen.begin(), chosen.end());
    std::vector<std::size_t> one;
    std::vector<std::size_t> other;
    for (std::size_t n = 0; n < person.size(); ++n) {
      (std::binary_search(chosen.begin(), chosen.end(), person[n]) ? one : other).push_back(n);
    }
    const std::size_t count = std::min({one.size(), other.size(), site.rows()});
    const Samples first = drawn(reference, some_of(one, count, random));
    const Samples second = drawn(reference, some_of(other, count, random));
    const Samples of_site = drawn(site, some_of(all_rows(site), count, random));
    nulls.push_back(static_cast<float>(distance(first, second)));
    values.push_back(static_cast<float>(distance(first, of_site)));
    result.value += values.back() / static_cast<double>(repeats);
    result.null_mean += nulls.back() / static_cast<double>(repeats);
  }
  for (const float n : nulls)
    result.share_above += (n >= result.value ? 1.0 : 0.0) / static_cast<double>(repeats);
  result.null_high = core::quantile(nulls, 0.95);
  return result;
}

}  // namespace isoscan::quality
