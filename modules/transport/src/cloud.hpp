/// @file One side of an entropic problem, laid out so that a row of costs and of exponentials runs along
/// memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "isoscan/transport/matrix.hpp"

namespace isoscan::transport {

/// Compiled for several instruction sets, chosen at start. They give the same bits: each lane of a sum is its
/// own variable, everything else is element by element, and nothing is fused (-ffp-contract=off).
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define ISOSCAN_EACH_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ISOSCAN_EACH_CPU
#endif

/// e^x for x <= 0 to about one unit in the last place; below -700 it is e^-700. Branch-free, so that
/// compilers make vectors of a loop over it, and without the C library, whose exp differs from machine to
/// machine. Reduction by ln 2 in two parts (Cody and Waite 1980), then the Taylor polynomial of degree 12 on
/// |r| <= ln 2 / 2.
[[gnu::always_inline]] inline double exp_of_negative(double x) {
  constexpr double kLog2e = 1.4426950408889634;
  constexpr double kLn2High = 6.93147180369123816490e-01;
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it leaves the integer in the low bits
  x = x > -700.0 ? x : -700.0;
  const double shifted = x * kLog2e + kRound;
  const double n = shifted - kRound;
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double p = 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(p) +
                               (std::bit_cast<std::uint64_t>(shifted) << 52U));
}

/// Points in coordinates where the cost is the plain squared distance: u_k = x_k sqrt(column_cost_k).
class Cloud {
 public:
  Cloud(const Rows& rows, const std::vector<double>& column_cost);

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t dim() const { return dim_; }
  /// Coordinates of one column, of all points.
  [[nodiscard]] const double* column(std::size_t d) const { return values_.data() + d * count_; }
  /// Coordinates of one point.
  void point(std::size_t i, std::vector<double>& out) const;
  /// out[j] = |u - point j|^2.
  void squared_distances(const std::vector<double>& u, std::vector<double>& out) const;

 private:
  std::size_t count_;
  std::size_t dim_;
  std::vector<double> values_;
};

/// Sum in a fixed order of eight lanes.
[[nodiscard]] double lane_sum(const double* values, std::size_t count);
[[nodiscard]] double lane_dot(const double* a, const double* b, std::size_t count);

/// out[j] = offer[j] - distance[j] * inverse.
void log_weights(const double* offer, const double* distance, double inverse, double* out, std::size_t count);

/// values[j] := exp(values[j] - largest), with largest the greatest of them, which is returned. Their sum is
/// >= 1.
double exp_below_largest(std::vector<double>& values);

}  // namespace isoscan::transport
