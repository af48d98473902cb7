/// @file Which foreign code computes the maps' bytes.
#pragma once

#include <string>

namespace isoscan::transport {

/// "torch 1.13.0, blas OpenBLAS 0.3.21 ..., kernel Haswell, own loops avx2": part of the resume key of every
/// stage whose last bits depend on products of matrices. The kernel is the one at work on this processor
/// (OpenBLAS chooses it when it is loaded, or OPENBLAS_CORETYPE does); with a BLAS that cannot be asked it is
/// what that variable says. Own loops are nn/kernels.hpp's.
[[nodiscard]] std::string libraries();

}  // namespace isoscan::transport
