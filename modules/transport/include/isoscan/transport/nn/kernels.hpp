/// @file The inner loops of the networks: matrix products and element-wise passes on raw rows. One plain
/// version for any processor, others for the vector units that common ones have; which one runs is decided
/// once a process, by the processor alone, so these give the same bytes whatever BLAS is there.
/// All matrices are dense and row-major, all sums are taken in a fixed order.
#pragma once

#include <cstddef>
#include <vector>

namespace isoscan::transport::nn {

/// Element (i, k) of a left factor is data[i * row + k * inner]; one of the two strides is 1.
struct LeftFactor {
  const float* data;
  std::ptrdiff_t row;
  std::ptrdiff_t inner;
};

/// What Adam's update of one step needs besides its moments (Kingma and Ba 2015, algorithm 1).
struct AdamNumbers {
  float beta1;
  float beta2;
  float unbias;  ///< 1 / sqrt(1 - beta2^t)
  float epsilon;
  float rate;  ///< of this step, divided by 1 - beta1^t
};

struct Kernels {
  const char* name;
  std::ptrdiff_t panel;  ///< columns of a panel of a packed right factor

  /// Puts the right factor b (inner, columns), element (k, j) at b[k * inner_stride + j * column_stride],
  /// into panels: packed holds packed_size(*this, inner, columns) floats. Row k is multiplied by weight[k]
  /// unless weight is null; sums (columns), unless null, receives the sums of the (weighted) columns.
  void (*pack)(const float* b, std::ptrdiff_t inner_stride, std::ptrdiff_t column_stride,
               std::ptrdiff_t inner, std::ptrdiff_t columns, const float* weight, float* packed, float* sums);
  /// c (rows, columns) = start + a b. start (rows, columns) has its own distance between rows: 0 repeats one
  /// row (a bias); it may be c itself, or null for zero.
  void (*product)(const LeftFactor& a, std::ptrdiff_t rows, std::ptrdiff_t inner, std::ptrdiff_t columns,
                  const float* packed, const float* start, std::ptrdiff_t start_row, float* c);
  /// out (rows) = shift + a b, a (rows, columns), b (columns).
  void (*row_dots)(std::ptrdiff_t rows, std::ptrdiff_t columns, const float* a, const float* b, float shift,
                   float* out);
  /// out (columns) = sum_i weight_i a_i, a (rows, columns).
  void (*column_sums)(std::ptrdiff_t rows, std::ptrdiff_t columns, const float* a, const float* weight,
                      float* out);
  /// out = act(z) over n numbers; in place will do.
  void (*elu)(std::ptrdiff_t n, const float* z, float* out);
  void (*silu)(std::ptrdiff_t n, const float* z, float* out);
  /// out = upstream * act'. The ELU reads its own result, the SiLU its argument.
  void (*elu_back)(std::ptrdiff_t n, const float* upstream, const float* activated, float* out);
  void (*silu_back)(std::ptrdiff_t n, const float* upstream, const float* linear, float* out);
  /// out = a + b.
  void (*add)(std::ptrdiff_t n, const float* a, const float* b, float* out);
  /// out = a + factor b c; a may be null for zero.
  void (*add_product)(std::ptrdiff_t n, const float* a, float factor, const float* b, const float* c,
                      float* out);
  /// value_i = factor |y_i - x_i|^2 over the leading `columns`; slope (rows, columns), unless null, receives
  /// 2 factor (y_i - x_i).
  void (*squared_distances)(std::ptrdiff_t rows, std::ptrdiff_t columns, const float* x, std::ptrdiff_t x_row,
                            const float* y, std::ptrdiff_t y_row, float factor, float* value, float* slope);
  void (*adam)(std::ptrdiff_t n, const AdamNumbers& numbers, const float* gradient, float* mean,
               float* square, float* parameters);
};

/// The fastest version that this processor runs, or the one that the environment's ISOSCAN_TRANSPORT_KERNELS
/// names (plain, avx2, avx512), for the same bytes on different processors.
/// @throws Error(Config) where that one is not to be had.
[[nodiscard]] const Kernels& kernels();
/// Every version that this processor runs, the plain one first.
[[nodiscard]] std::vector<const Kernels*> all_kernels();

[[nodiscard]] inline std::ptrdiff_t packed_size(const Kernels& k, std::ptrdiff_t inner,
                                                std::ptrdiff_t columns) {
  return inner * ((columns + k.panel - 1) / k.panel) * k.panel;
}

/// One version a source file; null where it was not built (another kind of processor).
[[nodiscard]] const Kernels* plain_kernels();
[[nodiscard]] const Kernels* avx2_kernels();
[[nodiscard]] const Kernels* avx512_kernels();

}  // namespace isoscan::transport::nn
