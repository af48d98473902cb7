// The kernels for x86 processors with AVX-512.
// This file alone is compiled for them (CMakeLists.txt), so it includes nothing whose inline functions others
// might share.
#include <cstddef>
#include <utility>

#include "isoscan/transport/nn/kernels.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>

namespace isoscan::transport::nn {
namespace {

struct Lanes {
  using V = float __attribute__((vector_size(64)));
  using I = unsigned __attribute__((vector_size(64)));
  static constexpr int kWidth = 16;
  static constexpr int kRows = 12;
  static inline __attribute__((always_inline)) V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
  static inline __attribute__((always_inline)) V root(V a) { return _mm512_maskz_sqrt_ps(0xFFFF, a); }
};

}  // namespace
}  // namespace isoscan::transport::nn

#include "nn_kernels_lanes.hpp"

namespace isoscan::transport::nn {

const Kernels* avx512_kernels() {
  static constexpr Kernels kTable = table("avx512");
  return &kTable;
}

}  // namespace isoscan::transport::nn

#else

namespace isoscan::transport::nn {
const Kernels* avx512_kernels() {
  return nullptr;
}
}  // namespace isoscan::transport::nn

#endif
