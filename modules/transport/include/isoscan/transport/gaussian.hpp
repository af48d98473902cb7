/// @file The closed-form optimal map between two Gaussians (Bures map): a baseline by itself and the start of
/// ENOT. Source: Dowson and Landau 1982; Peyre and Cuturi, Computational Optimal Transport, 2019,
/// section 2.6.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/transport/matrix.hpp"

namespace isoscan::transport {

/// T(x) = mean_target + matrix * (x - mean_source).
struct AffineMap {
  std::int64_t dim = 0;
  std::int64_t context_dims = 0;    ///< trailing columns that are read and come back bit for bit
  std::vector<double> mean_source;  ///< dim
  std::vector<double> mean_target;  ///< dim; in context columns equal to mean_source
  std::vector<double> matrix;       ///< dim * dim, row-major; context rows are rows of the identity

  [[nodiscard]] static AffineMap identity(std::int64_t dim, std::int64_t context_dims = 0);

  /// Evaluated as x + ((A - I)(x - mean_source) + mean_target - mean_source) in double, so that equal moments
  /// give x back exactly up to rounding. The same bits for every thread count. @throws Error(Input) where the
  /// columns do not fit.
  [[nodiscard]] Rows apply(const Rows& rows, int threads = 1) const;
  /// The inverse map. @throws Error(Numeric) where the matrix is singular.
  [[nodiscard]] AffineMap inverse() const;

  [[nodiscard]] core::TensorFile to_tensors() const;
  /// @throws Error(Input) where tensors are missing or do not fit.
  [[nodiscard]] static AffineMap from_tensors(const core::TensorFile& file);
  bool operator==(const AffineMap&) const = default;
};

/// What a covariance is drawn towards where the sample is small.
enum class ShrinkTowards : std::uint8_t {
  Diagonal,  ///< its own variances: forgets correlations
  Target,    ///< (source covariance only) the target's covariance: in the limit the map is a translation
};

struct GaussianOptions {
  /// Share of a sample's own covariance that is kept, 0..1: 1 is no shrinkage. See `kept_share`.
  double keep_source = 1.0;
  double keep_target = 1.0;
  ShrinkTowards towards = ShrinkTowards::Diagonal;
  /// Floor of every eigenvalue of a covariance, as a share of its mean eigenvalue: keeps roots and inverses
  /// finite.
  double floor = 1e-6;
  /// cost = sum_i cost_weights[i] (x_i - y_i)^2 over the moved columns; empty means 1. Positive.
  std::vector<double> cost_weights;
  /// Trailing columns that are never moved.
  std::int64_t context_dims = 0;
  /// True: the means may depend (linearly) on the context, and what is matched is the rest. False: context is
  /// ignored.
  bool condition_on_context = false;

  /// The first thing wrong in words, empty when usable. `dim`: columns of the rows.
  [[nodiscard]] std::string problem(std::int64_t dim) const;
};

/// k / (k + 2 p): the share of a covariance of p columns that k independent units (people, not voxels) can
/// speak for.
[[nodiscard]] double kept_share(double units, std::int64_t dim);

/// A = S_s^-1/2 (S_s^1/2 S_t S_s^1/2)^1/2 S_s^-1/2 in the coordinates of the cost (x_i sqrt(w_i)), brought
/// back.
/// @throws Error(Input), Error(Config) naming the option, Error(Numeric) where a covariance is unusable.
[[nodiscard]] AffineMap gaussian_map(const Moments& source, const Moments& target,
                                     const GaussianOptions& options = {});
[[nodiscard]] AffineMap fit_gaussian(const Rows& source, const Rows& target,
                                     const GaussianOptions& options = {},
                                     const std::vector<float>& source_weights = {},
                                     const std::vector<float>& target_weights = {});

/// Squared Wasserstein-2 (Bures) distance of two Gaussians with these moments, plain squared cost.
[[nodiscard]] double gaussian_wasserstein2_squared(const Moments& a, const Moments& b);

}  // namespace isoscan::transport
