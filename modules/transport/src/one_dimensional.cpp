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

void prepare(std::vector<float>& values, const char* side) {
  if (values.empty()) throw Error(ErrorKind::Input, std::string("monotone map: no ") + side + " values");
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

MonotoneMap fit_monotone(std::vector<float> source, std::vector<float> target, int knots) {
  if (knots < 2) throw Error(ErrorKind::Config, "monotone map: at least 2 knots are needed");
  prepare(source, "source");
  prepare(target, "target");
  const auto most = static_cast<int>(
      std::min<std::size_t>(static_cast<std::size_t>(knots), std::max<std::size_t>(2, source.size())));
  MonotoneMap map;
  std::vector<int> merged;  // knots of equal source value become one, at the mean of their targets
  for (int k = 0; k < most; ++k) {
    const double q = static_cast<double>(k) / (most - 1);
    const double from = sorted_quantile(source, q);
    const double to = sorted_quantile(target, q);
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

ColumnMaps fit_columns(const Rows& source, const Rows& target, int knots, std::int64_t context_dims) {
  require_usable(source, "source");
  require_usable(target, "target");
  require_same_dim(source, target, "source and target");
  if (context_dims < 0 || context_dims >= source.dim)
    throw Error(ErrorKind::Config, "column maps: context_dims must leave at least one column to move");
  const auto column = [](const Rows& rows, std::int64_t d) {
    std::vector<float> values(static_cast<std::size_t>(rows.count));
    for (std::int64_t i = 0; i < rows.count; ++i) values[static_cast<std::size_t>(i)] = rows.at(i, d);
    return values;
  };
  ColumnMaps maps;
  for (std::int64_t d = 0; d < source.dim - context_dims; ++d)
    maps.columns.push_back(fit_monotone(column(source, d), column(target, d), knots));
  return maps;
}

}  // namespace isoscan::transport
