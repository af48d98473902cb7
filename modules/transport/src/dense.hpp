/// @file Small dense matrices in double, row-major: what the closed forms need, without a library.
#pragma once

#include <cstddef>
#include <vector>

namespace isoscan::transport::dense {

using Matrix = std::vector<double>;  // n * n

[[nodiscard]] Matrix identity(std::size_t n);
[[nodiscard]] Matrix multiply(const Matrix& a, const Matrix& b, std::size_t n);
/// @throws Error(Numeric) where the matrix is singular. Gauss-Jordan with partial pivoting.
[[nodiscard]] Matrix inverse(Matrix a, std::size_t n);

struct Eigen {
  std::vector<double> values;  ///< not sorted
  Matrix vectors;              ///< columns
};
/// Of a symmetric matrix, by cyclic Jacobi rotations (Golub and Van Loan, section 8.5).
[[nodiscard]] Eigen symmetric_eigen(Matrix a, std::size_t n);
/// V f(values) V' from an eigen decomposition.
template <typename Function>
[[nodiscard]] Matrix spectral(const Eigen& e, std::size_t n, Function f) {
  Matrix result(n * n, 0.0);
  for (std::size_t k = 0; k < n; ++k) {
    const double value = f(e.values[k]);
    for (std::size_t i = 0; i < n; ++i) {
      const double scaled = value * e.vectors[i * n + k];
      for (std::size_t j = 0; j < n; ++j) result[i * n + j] += scaled * e.vectors[j * n + k];
    }
  }
  return result;
}

}  // namespace isoscan::transport::dense
