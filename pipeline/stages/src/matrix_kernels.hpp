#pragma once

#include <cstdlib>
#include <string>

namespace isoscan::stages {

/// What multiplies matrices, for the keys of stages whose last bits depend on it.
[[nodiscard]] inline std::string matrix_libraries() {
  const char* kernel = std::getenv("OPENBLAS_CORETYPE");
  return "torch, blas kernel " + std::string(kernel != nullptr ? kernel : "default");
}

}  // namespace isoscan::stages
