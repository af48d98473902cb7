/// @file Samples as rows of numbers: the one shape in which data enter and leave this module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace isoscan::transport {

/// `count` samples of `dim` numbers, row-major. Units are the caller's; a map is fitted in these units.
struct Rows {
  std::int64_t count = 0;
  std::int64_t dim = 0;
  std::vector<float> values;  ///< count * dim

  Rows() = default;
  Rows(std::int64_t count_in, std::int64_t dim_in, float value = 0.0F)
      : count(count_in), dim(dim_in), values(static_cast<std::size_t>(count_in * dim_in), value) {}

  [[nodiscard]] float* row(std::int64_t i) { return values.data() + i * dim; }
  [[nodiscard]] const float* row(std::int64_t i) const { return values.data() + i * dim; }
  [[nodiscard]] float at(std::int64_t i, std::int64_t d) const {
    return values[static_cast<std::size_t>(i * dim + d)];
  }
  bool operator==(const Rows&) const = default;
};

/// @throws Error(Input) naming `what`: fewer than `least` rows, no columns, a count that does not fit the
/// values, or the first row and column that is not finite.
void require_usable(const Rows& rows, const std::string& what, std::int64_t least = 1);
/// @throws Error(Input) where the two differ in their number of columns.
void require_same_dim(const Rows& a, const Rows& b, const std::string& what);
/// @throws Error(Input): wrong count, a negative or non-finite weight, all zero. An empty vector means equal
/// weights and passes.
void require_weights(const std::vector<float>& weights, std::int64_t count, const std::string& what);

/// Mean and covariance (divided by the sum of weights), in double.
struct Moments {
  std::int64_t dim = 0;
  std::vector<double> mean;        ///< dim
  std::vector<double> covariance;  ///< dim * dim, symmetric
};
/// @param weights one a row (any positive scale), or empty. @throws Error(Input).
[[nodiscard]] Moments moments(const Rows& rows, const std::vector<float>& weights = {});

}  // namespace isoscan::transport
