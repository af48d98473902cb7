#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/nn/kernels.hpp"

#if defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace isoscan::transport::nn {
namespace {

/// Four floats: the vector unit that every 64-bit processor has.
struct Lanes {
  using V = float __attribute__((vector_size(16)));
  using I = unsigned __attribute__((vector_size(16)));
  static constexpr int kWidth = 4;
#if defined(__aarch64__)
  static constexpr int kRows = 8;
  static inline __attribute__((always_inline)) V fma(V a, V b, V c) {
    return vfmaq_f32(c, a, b);
  }
  static inline __attribute__((always_inline)) V root(V a) {
    return vsqrtq_f32(a);
  }
#else
  static constexpr int kRows = 6;
  static inline __attribute__((always_inline)) V fma(V a, V b, V c) {
    return a * b + c;
  }
#if defined(__SSE2__)
  static inline __attribute__((always_inline)) V root(V a) {
    return _mm_sqrt_ps(a);
  }
#else
  static inline __attribute__((always_inline)) V root(V a) {
    for (int i = 0; i < kWidth; ++i) a[i] = std::sqrt(a[i]);
    return a;
  }
#endif
#endif
};

}  // namespace
}  // namespace isoscan::transport::nn

#include "nn_kernels_lanes.hpp"

namespace isoscan::transport::nn {

const Kernels* plain_kernels() {
  static constexpr Kernels kTable = table("plain");
  return &kTable;
}

std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> result{plain_kernels()};
#if defined(__x86_64__)
  if (avx2_kernels() != nullptr && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    result.push_back(avx2_kernels());
  if (avx512_kernels() != nullptr && __builtin_cpu_supports("avx512f")) result.push_back(avx512_kernels());
#endif
  return result;
}

namespace {

const Kernels& chosen() {
  const std::vector<const Kernels*> here = all_kernels();
  const char* wanted = std::getenv("ISOSCAN_TRANSPORT_KERNELS");
  if (wanted == nullptr || *wanted == '\0') return *here.back();
  std::string names;
  for (const Kernels* k : here) {
    if (std::string(wanted) == k->name) return *k;
    names += std::string(names.empty() ? "" : ", ") + k->name;
  }
  throw core::Error(core::ErrorKind::Config, "ISOSCAN_TRANSPORT_KERNELS is \"" + std::string(wanted) +
                                                 "\"; this processor has " + names);
}

}  // namespace

const Kernels& kernels() {
  static const Kernels& best = chosen();
  return best;
}

}  // namespace isoscan::transport::nn
