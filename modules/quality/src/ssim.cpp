// Structural similarity by running box sums: the cost does not depend on the window.
#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/quality/fidelity.hpp"

namespace isoscan::quality {

namespace {

/// A box of the image, x fastest.
struct Box {
  core::Index3 first{0, 0, 0};
  core::Index3 size{0, 0, 0};
  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(size[0] * size[1] * size[2]); }
};

/// The mask's bounding box, widened by `margin` inside the image.
Box box_around(const core::Mask& mask, std::int64_t margin) {
  const core::Grid& grid = mask.grid;
  core::Index3 low = grid.size;
  core::Index3 high{-1, -1, -1};
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        if (mask.voxels[grid.index(i, j, k)] == 0) continue;
        const core::Index3 x{i, j, k};
        for (std::size_t a = 0; a < 3; ++a) {
          low[a] = std::min(low[a], x[a]);
          high[a] = std::max(high[a], x[a]);
        }
      }
    }
  }
  if (high[0] < 0) throw core::Error(core::ErrorKind::Numeric, "SSIM in an empty mask");
  Box box;
  for (std::size_t a = 0; a < 3; ++a) {
    box.first[a] = std::max<std::int64_t>(0, low[a] - margin);
    box.size[a] = std::min(grid.size[a], high[a] + margin + 1) - box.first[a];
  }
  return box;
}

/// Sum over `reach` neighbours on both sides along a line of `lanes` values side by side; cut at the ends.
void running_sum(const double* in, double* out, std::int64_t length, std::int64_t lanes, std::int64_t stride,
                 std::int64_t reach, std::vector<double>& sum) {
  sum.assign(static_cast<std::size_t>(lanes), 0.0);
  for (std::int64_t p = 0; p < std::min(reach, length); ++p) {
    for (std::int64_t n = 0; n < lanes; ++n) sum[static_cast<std::size_t>(n)] += in[p * stride + n];
  }
  for (std::int64_t p = 0; p < length; ++p) {
    if (p + reach < length) {
      const double* enter = in + (p + reach) * stride;
      for (std::int64_t n = 0; n < lanes; ++n) sum[static_cast<std::size_t>(n)] += enter[n];
    }
    std::copy(sum.begin(), sum.end(), out + p * stride);
    if (p >= reach) {
      const double* leave = in + (p - reach) * stride;
      for (std::int64_t n = 0; n < lanes; ++n) sum[static_cast<std::size_t>(n)] -= leave[n];
    }
  }
}

/// The same along one row.
void running_sum_row(const double* in, double* out, std::int64_t length, std::int64_t reach) {
  double sum = 0.0;
  for (std::int64_t p = 0; p < std::min(reach, length); ++p) sum += in[p];
  for (std::int64_t p = 0; p < length; ++p) {
    if (p + reach < length) sum += in[p + reach];
    out[p] = sum;
    if (p >= reach) sum -= in[p - reach];
  }
}

void box_sum(std::vector<double>& values, const Box& box, std::int64_t reach) {
  const std::int64_t nx = box.size[0];
  const std::int64_t ny = box.size[1];
  const std::int64_t nz = box.size[2];
  std::vector<double> other(values.size());
  std::vector<double> sum;
  for (std::int64_t k = 0; k < nz; ++k) {  // a slice at a time: it stays in the cache
    const std::int64_t slice = k * nx * ny;
    for (std::int64_t line = slice; line < slice + nx * ny; line += nx) {
      running_sum_row(values.data() + line, other.data() + line, nx, reach);
    }
    running_sum(other.data() + slice, values.data() + slice, ny, nx, nx, reach, sum);
  }
  for (std::int64_t j = 0; j < ny; ++j) {
    running_sum(values.data() + j * nx, other.data() + j * nx, nz, nx, nx * ny, reach, sum);
  }
  values.swap(other);
}

/// Voxels of a window centred at p along an axis of the image.
double extent(std::int64_t p, std::int64_t size, std::int64_t reach) {
  return static_cast<double>(std::min(size - 1, p + reach) - std::max<std::int64_t>(0, p - reach) + 1);
}

}  // namespace

const char* SsimOptions::problem() const {
  if (window < 3 || window > 31 || window % 2 == 0) return "SSIM: the window must be odd, 3..31";
  if (!(range > 0.0)) return "SSIM: the range must be above 0";
  if (!(k1 > 0.0) || !(k2 > 0.0)) return "SSIM: k1 and k2 must be above 0";
  return "";
}

double ssim(const core::Volume& image, const core::Volume& truth, const core::Mask& mask,
            const SsimOptions& options) {
  if (*options.problem() != '\0') throw core::Error(core::ErrorKind::Config, options.problem());
  core::require_same_grid(image.grid, truth.grid, "image and truth");
  core::require_same_grid(image.grid, mask.grid, "image and mask");
  const core::Grid& grid = mask.grid;
  const std::int64_t reach = options.window / 2;
  const Box box = box_around(mask, reach);

  // Sums of a, b, aa + bb, ab: SSIM needs the two variances only as their sum.
  std::vector<double> a(box.count(), 0.0);
  std::vector<double> b(box.count(), 0.0);
  std::vector<double> squares(box.count(), 0.0);
  std::vector<double> product(box.count(), 0.0);
  const auto in_image = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    return grid.index(box.first[0] + i, box.first[1] + j, box.first[2] + k);
  };
  std::size_t n = 0;
  for (std::int64_t k = 0; k < box.size[2]; ++k) {
    for (std::int64_t j = 0; j < box.size[1]; ++j) {
      for (std::int64_t i = 0; i < box.size[0]; ++i, ++n) {
        const std::size_t m = in_image(i, j, k);
        if (mask.voxels[m] == 0) continue;
        const double x = image.voxels[m];
        const double y = truth.voxels[m];
        a[n] = x;
        b[n] = y;
        squares[n] = x * x + y * y;
        product[n] = x * y;
      }
    }
  }
  for (std::vector<double>* sums : {&a, &b, &squares, &product}) box_sum(*sums, box, reach);

  const double c1 = options.k1 * options.range * options.k1 * options.range;
  const double c2 = options.k2 * options.range * options.k2 * options.range;
  double total = 0.0;
  double count = 0.0;
  n = 0;
  for (std::int64_t k = 0; k < box.size[2]; ++k) {
    for (std::int64_t j = 0; j < box.size[1]; ++j) {
      for (std::int64_t i = 0; i < box.size[0]; ++i, ++n) {
        if (mask.voxels[in_image(i, j, k)] == 0) continue;
        const double voxels = extent(box.first[0] + i, grid.size[0], reach) *
                              extent(box.first[1] + j, grid.size[1], reach) *
                              extent(box.first[2] + k, grid.size[2], reach);
        const double mean_a = a[n] / voxels;
        const double mean_b = b[n] / voxels;
        const double unbiased = voxels > 1.0 ? 1.0 / (voxels - 1.0) : 0.0;
        const double covariance = (product[n] - voxels * mean_a * mean_b) * unbiased;
        const double variances =
            std::max(0.0, (squares[n] - voxels * (mean_a * mean_a + mean_b * mean_b)) * unbiased);
        total += (2.0 * mean_a * mean_b + c1) * (2.0 * covariance + c2) /
                 ((mean_a * mean_a + mean_b * mean_b + c1) * (variances + c2));
        count += 1.0;
      }
    }
  }
  return total / count;
}

}  // namespace isoscan::quality
