#include "isoscan/transport/gaussian.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"

#include "dense.hpp"
#include "option_checks.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;
using dense::Matrix;

namespace {

bool share(double value) {
  return value >= 0.0 && value <= 1.0;
}

/// The leading `kept` rows and columns.
Matrix leading(const Matrix& full, std::size_t n, std::size_t kept) {
  Matrix result(kept * kept);
  for (std::size_t i = 0; i < kept; ++i) {
    for (std::size_t j = 0; j < kept; ++j) result[i * kept + j] = full[i * n + j];
  }
  return result;
}

/// What is left of the leading `p` columns after linear regression on the others, and the regression (p x c).
struct Conditional {
  Matrix covariance;
  std::vector<double> slope;
};
Conditional conditional(const Matrix& full, std::size_t n, std::size_t p, double floor) {
  const std::size_t c = n - p;
  Matrix context(c * c);
  double trace = 0.0;
  for (std::size_t i = 0; i < c; ++i) {
    for (std::size_t j = 0; j < c; ++j) context[i * c + j] = full[(p + i) * n + p + j];
    trace += context[i * c + i];
  }
  const double ridge = std::max(floor * trace / static_cast<double>(c), 1e-300);
  for (std::size_t i = 0; i < c; ++i) context[i * c + i] += ridge;
  const Matrix inverse = dense::inverse(context, c);
  Conditional result;
  result.slope.assign(p * c, 0.0);
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t k = 0; k < c; ++k) {
      for (std::size_t j = 0; j < c; ++j) result.slope[i * c + j] += full[i * n + p + k] * inverse[k * c + j];
    }
  }
  result.covariance = leading(full, n, p);
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < p; ++j) {
      for (std::size_t k = 0; k < c; ++k)
        result.covariance[i * p + j] -= result.slope[i * c + k] * full[j * n + p + k];
    }
  }
  return result;
}

void shrink(Matrix& covariance, std::size_t n, double kept, const Matrix* towards) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double own = covariance[i * n + j];
      const double prior = towards != nullptr ? (*towards)[i * n + j] : (i == j ? own : 0.0);
      covariance[i * n + j] = kept * own + (1.0 - kept) * prior;
    }
  }
}

dense::Eigen floored_eigen(const Matrix& covariance, std::size_t n, double floor, const char* side) {
  auto e = dense::symmetric_eigen(covariance, n);
  double sum = 0.0;
  for (const double v : e.values) sum += v;
  const double least = floor * sum / static_cast<double>(n);
  if (!std::isfinite(sum) || sum < 0.0)
    throw Error(ErrorKind::Numeric, std::string(side) + " covariance is not usable");
  for (double& v : e.values) v = std::max({v, least, 1e-30});
  return e;
}

/// Symmetric positive root problem A S A = T.
Matrix bures_matrix(const Matrix& source, const Matrix& target, std::size_t n, double floor) {
  const auto source_eigen = floored_eigen(source, n, floor, "the source's");
  const auto target_eigen = floored_eigen(target, n, floor, "the target's");
  const Matrix root = dense::spectral(source_eigen, n, [](double v) { return std::sqrt(v); });
  const Matrix back = dense::spectral(source_eigen, n, [](double v) { return 1.0 / std::sqrt(v); });
  const Matrix floored_target = dense::spectral(target_eigen, n, [](double v) { return v; });
  Matrix middle = dense::multiply(dense::multiply(root, floored_target, n), root, n);
  for (std::size_t i = 0; i < n; ++i) {  // symmetric again after rounding
    for (std::size_t j = 0; j < i; ++j)
      middle[i * n + j] = middle[j * n + i] = 0.5 * (middle[i * n + j] + middle[j * n + i]);
  }
  const Matrix middle_root = dense::spectral(dense::symmetric_eigen(middle, n), n,
                                             [](double v) { return std::sqrt(std::max(v, 0.0)); });
  return dense::multiply(dense::multiply(back, middle_root, n), back, n);
}

}  // namespace

std::string GaussianOptions::problem(std::int64_t dim) const {
  if (!share(keep_source)) return "keep_source must lie in 0..1";
  if (!share(keep_target)) return "keep_target must lie in 0..1";
  if (!(floor >= 0.0 && floor < 1.0)) return "floor must lie in 0..1";
  if (const auto wrong = columns_problem(dim, context_dims, cost_weights); !wrong.empty()) return wrong;
  if (condition_on_context && context_dims == 0) return "condition_on_context needs context_dims";
  return {};
}

double kept_share(double units, std::int64_t dim) {
  return units / (units + 2.0 * static_cast<double>(dim));
}

AffineMap gaussian_map(const Moments& source, const Moments& target, const GaussianOptions& options) {
  if (source.dim != target.dim)
    throw Error(ErrorKind::Input, "Gaussian map: " + std::to_string(source.dim) + " columns against " +
                                      std::to_string(target.dim));
  if (const auto wrong = options.problem(source.dim); !wrong.empty())
    throw Error(ErrorKind::Config, "Gaussian map: " + wrong);
  const auto n = static_cast<std::size_t>(source.dim);
  const auto c = static_cast<std::size_t>(options.context_dims);
  const std::size_t p = n - c;

  Conditional s;
  Conditional t;
  if (options.condition_on_context) {
    s = conditional(source.covariance, n, p, options.floor);
    t = conditional(target.covariance, n, p, options.floor);
  } else {
    s = {leading(source.covariance, n, p), std::vector<double>(p * c, 0.0)};
    t = {leading(target.covariance, n, p), std::vector<double>(p * c, 0.0)};
  }
  shrink(t.covariance, p, options.keep_target, nullptr);
  shrink(s.covariance, p, options.keep_source,
         options.towards == ShrinkTowards::Target ? &t.covariance : nullptr);
  if (options.condition_on_context && options.towards == ShrinkTowards::Target) {
    for (std::size_t i = 0; i < s.slope.size(); ++i)
      s.slope[i] = options.keep_source * s.slope[i] + (1.0 - options.keep_source) * t.slope[i];
  }

  // The cost's coordinates: u_i = x_i sqrt(w_i), where it is the plain squared distance.
  std::vector<double> scale(p, 1.0);
  for (std::size_t i = 0; i < options.cost_weights.size(); ++i) scale[i] = std::sqrt(options.cost_weights[i]);
  Matrix su = s.covariance;
  Matrix tu = t.covariance;
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < p; ++j) {
      su[i * p + j] *= scale[i] * scale[j];
      tu[i * p + j] *= scale[i] * scale[j];
    }
  }
  const Matrix a = bures_matrix(su, tu, p, options.floor);

  AffineMap map = AffineMap::identity(source.dim, options.context_dims);
  map.mean_source = source.mean;
  map.mean_target = target.mean;
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < p; ++j) {
      const double value = a[i * p + j] * scale[j] / scale[i];
      if (!std::isfinite(value)) throw Error(ErrorKind::Numeric, "Gaussian map: the matrix is not finite");
      map.matrix[i * n + j] = value;
    }
  }
  for (std::size_t k = 0; k < c; ++k) map.mean_target[p + k] = map.mean_source[p + k];
  // x' = m_t + B_t (c - c_t) + A (x - m_s - B_s (c - c_s)).
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t k = 0; k < c; ++k) {
      double value = t.slope[i * c + k];
      for (std::size_t j = 0; j < p; ++j) value -= map.matrix[i * n + j] * s.slope[j * c + k];
      map.matrix[i * n + p + k] = value;
      map.mean_target[i] += t.slope[i * c + k] * (source.mean[p + k] - target.mean[p + k]);
    }
  }
  return map;
}

AffineMap fit_gaussian(const Rows& source, const Rows& target, const GaussianOptions& options,
                       const std::vector<float>& source_weights, const std::vector<float>& target_weights) {
  require_usable(source, "source", 2);
  require_usable(target, "target", 2);
  require_same_dim(source, target, "source and target");
  return gaussian_map(moments(source, source_weights), moments(target, target_weights), options);
}

double gaussian_wasserstein2_squared(const Moments& a, const Moments& b) {
  if (a.dim != b.dim) throw Error(ErrorKind::Input, "Bures distance: the columns differ in number");
  const auto n = static_cast<std::size_t>(a.dim);
  const auto ea = floored_eigen(a.covariance, n, 0.0, "the first");
  const Matrix root = dense::spectral(ea, n, [](double v) { return std::sqrt(v); });
  const Matrix middle = dense::multiply(dense::multiply(root, b.covariance, n), root, n);
  double result = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double d = a.mean[i] - b.mean[i];
    result += d * d + a.covariance[i * n + i] + b.covariance[i * n + i];
  }
  for (const double v : dense::symmetric_eigen(middle, n).values) result -= 2.0 * std::sqrt(std::max(v, 0.0));
  return std::max(result, 0.0);
}

}  // namespace isoscan::transport
