#include "smooth_field.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"

namespace isoscan::preprocess {

FieldFrame frame_of(const core::Mask& mask) {
  std::array<double, 3> sum{};
  std::array<double, 3> square{};
  double count = 0.0;
  const auto& size = mask.grid.size;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (mask.voxels[mask.grid.index(i, j, k)] == 0) continue;
        const core::Vec3 at{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
        for (std::size_t a = 0; a < 3; ++a) {
          sum[a] += at[a];
          square[a] += at[a] * at[a];
        }
        count += 1.0;
      }
    }
  }
  if (count == 0.0) throw core::Error(core::ErrorKind::Numeric, "the brain mask is empty");
  FieldFrame frame;
  for (std::size_t a = 0; a < 3; ++a) {
    frame.centre[a] = sum[a] / count;
    const double variance = std::max(0.0, square[a] / count - frame.centre[a] * frame.centre[a]);
    // A solid ellipsoid of half axis h has variance h^2 / 5 along it.
    frame.half_width[a] = std::max(1.0, std::sqrt(5.0 * variance));
  }
  return frame;
}

SmoothField::SmoothField(const core::Grid& grid, const FieldFrame& frame)
    : coefficients(terms().size(), 0.0), frame_(frame) {
  for (std::size_t a = 0; a < 3; ++a) {
    table_[a].reserve(static_cast<std::size_t>(grid.size[a]));
    for (std::int64_t n = 0; n < grid.size[a]; ++n) {
      table_[a].push_back(legendre(coordinate(static_cast<double>(n), a)));
    }
  }
}

const std::vector<SmoothField::Term>& SmoothField::terms() {
  static const std::vector<Term> all = [] {
    std::vector<Term> list;
    for (int order = 1; order <= kHighestFieldOrder; ++order) {
      for (int a = order; a >= 0; --a) {
        for (int b = order - a; b >= 0; --b) {
          const int c = order - a - b;
          list.push_back(
              {{static_cast<std::size_t>(a), static_cast<std::size_t>(b), static_cast<std::size_t>(c)},
               order});
        }
      }
    }
    return list;
  }();
  return all;
}

double SmoothField::coordinate(double voxel, std::size_t axis) const {
  const double t = (voxel - frame_.centre[axis]) / frame_.half_width[axis];
  const double beyond = std::abs(t) - 1.0;
  if (beyond <= 0.0) return t;
  constexpr double kReach = 0.2;
  return std::copysign(1.0 + kReach * std::tanh(beyond / kReach), t);
}

SmoothField::Axis SmoothField::legendre(double t) {
  const double s = t * t;
  return {1.0, t, 1.5 * s - 0.5, (2.5 * s - 1.5) * t, (4.375 * s - 3.75) * s + 0.375};
}

SmoothField::Axis SmoothField::row(std::int64_t j, std::int64_t k) const {
  const Axis& y = table_[1][static_cast<std::size_t>(j)];
  const Axis& z = table_[2][static_cast<std::size_t>(k)];
  Axis polynomial{};
  for (std::size_t n = 0; n < coefficients.size(); ++n) {
    const auto& degree = terms()[n].degree;
    polynomial[degree[0]] += coefficients[n] * y[degree[1]] * z[degree[2]];
  }
  return polynomial;
}

double SmoothField::along(const Axis& row_polynomial, std::int64_t i) const {
  const Axis& x = table_[0][static_cast<std::size_t>(i)];
  double value = 0.0;
  for (std::size_t d = 0; d < x.size(); ++d) value += row_polynomial[d] * x[d];
  return value;
}

void SmoothField::values_at(const core::Vec3& voxel, std::vector<double>& values) const {
  std::array<Axis, 3> p;
  for (std::size_t a = 0; a < 3; ++a) p[a] = legendre(coordinate(voxel[a], a));
  values.resize(terms().size());
  for (std::size_t n = 0; n < values.size(); ++n) {
    const auto& degree = terms()[n].degree;
    values[n] = p[0][degree[0]] * p[1][degree[1]] * p[2][degree[2]];
  }
}

core::Volume SmoothField::on_grid(const core::Grid& grid, int threads) const {
  core::Volume out(grid);
  const auto& size = grid.size;
  core::parallel_for(size[1] * size[2], threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line) {
      const Axis polynomial = row(line % size[1], line / size[1]);
      float* target = out.voxels.data() + line * size[0];
      for (std::int64_t i = 0; i < size[0]; ++i) target[i] = static_cast<float>(along(polynomial, i));
    }
  });
  return out;
}

core::Volume centred_on(const SmoothField& field, const core::Mask& mask, int threads) {
  core::Volume out = field.on_grid(mask.grid, threads);
  double sum = 0.0;
  double voxels = 0.0;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    sum += out.voxels[n];
    voxels += 1.0;
  }
  for (float& v : out.voxels) v -= static_cast<float>(sum / voxels);
  return out;
}

std::vector<double> solve_positive(std::vector<double> matrix, std::vector<double> right) {
  const std::size_t n = right.size();
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c <= r; ++c) {
      double sum = matrix[r * n + c];
      for (std::size_t m = 0; m < c; ++m) sum -= matrix[r * n + m] * matrix[c * n + m];
      if (r != c) {
        matrix[r * n + c] = sum / matrix[c * n + c];
      } else if (sum > 0.0) {
        matrix[r * n + r] = std::sqrt(sum);
      } else {
        throw core::Error(core::ErrorKind::Numeric, "the bias field is not determined by the image");
      }
    }
  }
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t m = 0; m < r; ++m) right[r] -= matrix[r * n + m] * right[m];
    right[r] /= matrix[r * n + r];
  }
  for (std::size_t r = n; r-- > 0;) {
    for (std::size_t m = r + 1; m < n; ++m) right[r] -= matrix[m * n + r] * right[m];
    right[r] /= matrix[r * n + r];
  }
  return right;
}

}  // namespace isoscan::preprocess
