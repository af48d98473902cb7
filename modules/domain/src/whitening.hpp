/// @file Rows turned to principal axes of variance 1: a first layer learns each as fast as the others.
#pragma once

#include <vector>

#include <ATen/ATen.h>

namespace isoscan::domain {

struct Whitening {
  at::Tensor mean;    ///< (d)
  at::Tensor scale;   ///< (d): 1 / SD
  at::Tensor matrix;  ///< (d, d): of scaled rows
};

/// Of all rows (n, d) of all parts, by some of them where they are many.
[[nodiscard]] Whitening whitening_of(const std::vector<at::Tensor>& parts);

/// In place: (rows - mean) * scale, turned. The same bits for any thread count.
void whiten(at::Tensor rows, const Whitening& w, int threads);

}  // namespace isoscan::domain
