#include "isoscan/transport/one_dimensional.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace {

/// Linear interpolation between order statistics of sorted values.
double sorted_quantile(const std::vector<float>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  const double share = place - static_cast<double>(low);
  return (1.0 - share) * static_cast<double>(sorted[low]) + share * static_cast<double>(sorted[high]);
}

/// A sample with weights, sorted, and the place of each value: where it would stand among values of weight
/// one.
struct Weighted {
  std::vector<float> values;
  std::vector<double> places;  ///< strictly increasing
};

Weighted weighted(const std::vector<float>& values, const std::vector<float>& weights, const char* side) {
  require_weights(weights, static_cast<std::int64_t>(values.size()), std::string("monotone map: ") + side);
  std::vector<std::size_t> order;
  double sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      throw Error(ErrorKind::Input, std::string("monotone map: a ") + side + " value is not finite");
    if (weights[i] > 0.0F) order.push_back(i);
    sum += static_cast<double>(weights[i]);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  const double unit = static_cast<double>(order.size()) / sum;
  Weighted result;
  double before = 0.0;
  for (const std::size_t i : order) {
    const double w = unit * static_cast<double>(weights[i]);
    result.values.push_back(values[i]);
    result.places.push_back(before + 0.5 * w);
    before += w;
  }
  return result;
}

/// The share q of the way from the first place to the last, linear between values.
double weighted_quantile(const Weighted& sample, double q) {
  const double place = (1.0 - q) * sample.places.front() + q * sample.places.back();
  const auto above = std::upper_bound(sample.places.begin(), sample.places.end(), place);
  if (above == sample.places.begin()) return static_cast<double>(sample.values.front());
  if (above == sample.places.end()) return static_cast<double>(sample.values.back());
  const auto high = static_cast<std::size_t>(above - sample.places.begin());
  const std::size_t low = high - 1;
  const double share = (place - sample.places[low]) / (sample.places[high] - sample.places[low]);
  return (1.0 - share) * static_cast<double>(sample.values[low]) +
         share * static_cast<double>(sample.values[high]);
}

void prepare(std::vector<float>& values, const char* side) {
  for (const float v : values) {
    if (!std::isfinite(v))
      throw Error(ErrorKind::Input, std::string("monotone map: a ") + side + " value is not finite");
  }
  std::sort(values.begin(), values.end());
}

}  // namespace

double MonotoneMap::operator()(double x) const {
  if (x <= source.front()) return target.front() + (x - source.front());
  if (x >= source.back()) return target.back() + (x - source.back());
  const auto above = std::upper_bound(source.begin(), source.end(), x);
  const auto high = static_cast<std::size_t>(above - source.begin());
  const std::size_t low = high - 1;
  const double share = (x - source[low]) / (source[high] - source[low]);
  return target[low] + share * (target[high] - target[low]);
}

namespace {

/// `count` is of source values; from_quantile and to_quantile take a probability.
template <typename From, typename To>
MonotoneMap monotone_of(std::size_t count, int knots, const From& from_quantile, const To& to_quantile) {
  const auto most = static_cast<int>(
      std::min<std::size_t>(static_cast<std::size_t>(knots), std::max<std::size_t>(2, count)));
  MonotoneMap map;
  std::vector<int> merged;  // knots of equal source value become one, at the mean of their targets
  for (int k = 0; k < most; ++k) {
    const double q = static_cast<double>(k) / (most - 1);
    const double from = from_quantile(q);
    const double to = to_quantile(q);
    if (!map.source.empty() && !(from > map.source.back())) {
      const int n = ++merged.back();
      map.target.back() += (to - map.target.back()) / n;
    } else {
      map.source.push_back(from);
      map.target.push_back(to);
      merged.push_back(1);
    }
  }
  return map;
}

}  // namespace

MonotoneMap fit_monotone(std::vector<float> source, std::vector<float> target, int knots,
                         const std::vector<float>& source_weights, const std::vector<float>& target_weights) {
  if (knots < 2) throw Error(ErrorKind::Config, "monotone map: at least 2 knots are needed");
  if (source.empty()) throw Error(ErrorKind::Input, "monotone map: no source values");
  if (target.empty()) throw Error(ErrorKind::Input, "monotone map: no target values");
  if (source_weights.empty() && target_weights.empty()) {
    prepare(source, "source");
    prepare(target, "target");
    return monotone_of(
        source.size(), knots, [&](double q) { return sorted_quantile(source, q); },
        [&](double q) { return sorted_quantile(target, q); });
  }
  const auto ones = [](const std::vector<float>& weights, std::size_t count) {
    return weights.empty() ? std::vector<float>(count, 1.0F) : weights;
  };
  const Weighted from = weighted(source, ones(source_weights, source.size()), "source");
  const Weighted to = weighted(target, ones(target_weights, target.size()), "target");
  return monotone_of(
      from.values.size(), knots, [&](double q) { return weighted_quantile(from, q); },
      [&](double q) { return weighted_quantile(to, q); });
}

Rows ColumnMaps::apply(const Rows& rows, int threads) const {
  if (rows.dim < static_cast<std::int64_t>(columns.size()))
    throw Error(ErrorKind::Input, "column maps: " + std::to_string(columns.size()) + " maps, rows have " +
                                      std::to_string(rows.dim) + " columns");
  Rows result = rows;
  core::parallel_for(rows.count, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      float* y = result.row(r);
      for (std::size_t d = 0; d < columns.size(); ++d)
        y[d] = static_cast<float>(columns[d](static_cast<double>(y[d])));
    }
  });
  return result;
}

ColumnMaps fit_columns(const Rows& source, const Rows& target, int knots, std::int64_t context_dims,
                       const std::vector<float>& source_weights, const std::vector<float>& target_weights) {
  require_usable(source, "source");
  require_usable(target, "target");
  require_same_dim(source, target, "source and target");
  require_weights(source_weights, source.count, "source");
  require_weights(target_weights, target.count, "target");
  if (context_dims < 0 || context_dims >= source.dim)
    throw Error(ErrorKind::Config, "column maps: context_dims must leave at least one column to move");
  const auto column = [](const Rows& rows, std::int64_t d) {
    std::vector<float> values(static_cast<std::size_t>(rows.count));
    for (std::int64_t i = 0; i < rows.count; ++i) values[static_cast<std::size_t>(i)] = rows.at(i, d);
    return values;
  };
  ColumnMaps maps;
  for (std::int64_t d = 0; d < source.dim - context_dims; ++d)
    maps.columns.push_back(
        fit_monotone(column(source, d), column(target, d), knots, source_weights, target_weights));
  return maps;
}

}  // namespace isoscan::transport
