// The kernels for x86 processors with AVX2 and FMA (2013 and later).
// This file alone is compiled for them (CMakeLists.txt), so it includes nothing whose inline functions others
// might share.
#include <cstddef>
#include <utility>

#include "isoscan/transport/nn/kernels.hpp"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

namespace isoscan::transport::nn {
namespace {

struct Lanes {
  using V = float __attribute__((vector_size(32)));
  using I = unsigned __attribute__((vector_size(32)));
  static constexpr int kWidth = 8;
  static constexpr int kRows = 6;
  static inline __attribute__((always_inline)) V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  static inline __attribute__((always_inline)) V root(V a) { return _mm256_sqrt_ps(a); }
};

}  // namespace
}  // namespace isoscan::transport::nn

#include "nn_kernels_lanes.hpp"

namespace isoscan::transport::nn {

const Kernels* avx2_kernels() {
  static constexpr Kernels kTable = table("avx2");
  return &kTable;
}

}  // namespace isoscan::transport::nn

#else

namespace isoscan::transport::nn {
const Kernels* avx2_kernels() {
  return nullptr;
}
}  // namespace isoscan::transport::nn

#endif
