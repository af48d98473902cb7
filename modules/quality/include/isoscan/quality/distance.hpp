/// @file How far two sets of samples lie apart: what is left of a site. Report a distance beside its null, in
/// a feature space other than the one that was trained in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace isoscan::quality {

/// Rows of features: values[row * dimensions + column].
struct Samples {
  std::vector<float> values;
  std::size_t dimensions = 1;

  [[nodiscard]] std::size_t rows() const { return dimensions == 0 ? 0 : values.size() / dimensions; }
  [[nodiscard]] const float* row(std::size_t n) const { return values.data() + n * dimensions; }
};

/// Wasserstein distance between two samples on a line, (integral |Qa - Qb|^p)^(1/p) over their quantile
/// functions; exact, for unequal counts too. order 1 or 2. 0 and up, in units of the values. @throws
/// Error(Numeric) for an empty sample, Error(Config).
[[nodiscard]] double wasserstein(std::vector<float> a, std::vector<float> b, int order = 1);

/// Wasserstein-1 between histograms with common bins: bin width times the sum of |CDF difference|. Each is
/// scaled to sum to one. @throws Error(Input) where the bin counts differ, a count is negative or all are
/// zero.
[[nodiscard]] double histogram_wasserstein(const std::vector<double>& a, const std::vector<double>& b,
                                           double bin_width);

struct SlicedOptions {
  int order = 2;           ///< 1 or 2
  int projections = 64;    ///< rounded up to whole orthonormal frames
  std::uint64_t seed = 0;  ///< of the directions
};
/// Sliced Wasserstein distance (Rabin et al., SSVM 2011; Bonneel et al., J Math Imaging Vis 2015) over random
/// orthonormal frames (Rowland et al., AISTATS 2019), scaled so that a pure shift by s gives |s| in any
/// dimension: exactly for order 2, on average for order 1. 0 and up. @throws Error(Input) where dimensions
/// differ or a set is empty, Error(Config).
[[nodiscard]] double sliced_wasserstein(const Samples& a, const Samples& b,
                                        const SlicedOptions& options = {});

struct MmdOptions {
  double bandwidth = 0.0;        ///< SD of the Gaussian kernel; 0: the median distance between pooled rows
  std::size_t most_rows = 1000;  ///< of each set, drawn without replacement where there are more
  std::uint64_t seed = 0;        ///< of that draw
};
/// Squared maximum mean discrepancy, unbiased estimate with a Gaussian kernel and the median heuristic
/// (Gretton et al., JMLR 2012, eq. 3). Mean 0 for equal distributions, so it can be slightly negative; at
/// most 2. @throws as sliced_wasserstein; Error(Input) for fewer than two rows.
[[nodiscard]] double mmd_squared(const Samples& a, const Samples& b, const MmdOptions& options = {});

struct DistanceWithNull {
  double value = 0.0;        ///< half of the reference against the site, mean over repeats
  double null_mean = 0.0;    ///< half of the reference against the other half
  double null_high = 0.0;    ///< 95th percentile of the latter
  double share_above = 0.0;  ///< repeats in which the null was at least `value`, 0..1
};
using Distance = std::function<double(const Samples&, const Samples&)>;
/// A distance beside what chance gives: in each repeat the reference is split into two halves; one half is
/// compared with the other and with the site, all with the same count of rows (distances grow in small
/// samples). `people` names the person of each reference row, and people are split, since the rows of one
/// person are no independent draws; empty: every row its own.
/// @throws Error(Input) with fewer than two reference people or an empty site; Error(Config) for repeats < 1.
[[nodiscard]] DistanceWithNull with_null(const Samples& reference, const Samples& site,
                                         const Distance& distance, int repeats, std::uint64_t seed,
                                         const std::vector<int>& people = {});

}  // namespace isoscan::quality
