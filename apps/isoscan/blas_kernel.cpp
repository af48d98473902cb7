#include "blas_kernel.hpp"

#include <cstdlib>

#include <unistd.h>

namespace isoscan::app {

void choose_blas_kernel(char** argv) {
#if defined(__x86_64__)
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr) return;
  const char* kernel = nullptr;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    kernel = "SkylakeX";
  } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    kernel = "Haswell";
  }
  if (kernel == nullptr || ::setenv("OPENBLAS_CORETYPE", kernel, 1) != 0) return;
  ::execv("/proc/self/exe", argv);
  // Not started anew (no /proc): go on with the kernels that are there, and say so in the provenance.
  ::unsetenv("OPENBLAS_CORETYPE");
#else
  (void)argv;
#endif
}

}  // namespace isoscan::app
