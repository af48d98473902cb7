#include "dense.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"

namespace isoscan::transport::dense {

Matrix identity(std::size_t n) {
  Matrix result(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) result[i * n + i] = 1.0;
  return result;
}

Matrix multiply(const Matrix& a, const Matrix& b, std::size_t n) {
  Matrix result(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      const double value = a[i * n + k];
      for (std::size_t j = 0; j < n; ++j) result[i * n + j] += value * b[k * n + j];
    }
  }
  return result;
}

Matrix inverse(Matrix a, std::size_t n) {
  Matrix result = identity(n);
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < n; ++r) {
      if (std::abs(a[r * n + c]) > std::abs(a[pivot * n + c])) pivot = r;
    }
    const double value = a[pivot * n + c];
    if (!(std::abs(value) > 1e-300) || !std::isfinite(value))
      throw core::Error(core::ErrorKind::Numeric, "a matrix of a map is singular");
    for (std::size_t j = 0; j < n; ++j) {
      std::swap(a[c * n + j], a[pivot * n + j]);
      std::swap(result[c * n + j], result[pivot * n + j]);
    }
    for (std::size_t j = 0; j < n; ++j) {
      a[c * n + j] /= value;
      result[c * n + j] /= value;
    }
    for (std::size_t r = 0; r < n; ++r) {
      const double factor = a[r * n + c];
      if (r == c || factor == 0.0) continue;
      for (std::size_t j = 0; j < n; ++j) {
        a[r * n + j] -= factor * a[c * n + j];
        result[r * n + j] -= factor * result[c * n + j];
      }
    }
  }
  return result;
}

Eigen symmetric_eigen(Matrix a, std::size_t n) {
  Matrix v = identity(n);
  double norm = 0.0;
  for (const double x : a) norm += x * x;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0.0;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) off += a[p * n + q] * a[p * n + q];
    }
    if (off <= 1e-30 * norm) break;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double apq = a[p * n + q];
        if (apq == 0.0) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
        const double t = (theta >= 0.0 ? 1.0 : -1.0) / (std::abs(theta) + std::hypot(theta, 1.0));
        const double c = 1.0 / std::hypot(t, 1.0);
        const double s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const double kp = a[k * n + p];
          const double kq = a[k * n + q];
          a[k * n + p] = c * kp - s * kq;
          a[k * n + q] = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double pk = a[p * n + k];
          const double qk = a[q * n + k];
          a[p * n + k] = c * pk - s * qk;
          a[q * n + k] = s * pk + c * qk;
          const double kp = v[k * n + p];
          const double kq = v[k * n + q];
          v[k * n + p] = c * kp - s * kq;
          v[k * n + q] = s * kp + c * kq;
        }
      }
    }
  }
  Eigen result;
  result.values.resize(n);
  for (std::size_t i = 0; i < n; ++i) result.values[i] = a[i * n + i];
  result.vectors = std::move(v);
  return result;
}

}  // namespace isoscan::transport::dense
