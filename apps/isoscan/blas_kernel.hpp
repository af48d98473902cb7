/// @file Which matrix kernels OpenBLAS uses: chosen before the library loads, and part of every result's
/// provenance.
#pragma once

namespace isoscan::app {

/// Debian's OpenBLAS 0.3.21 does not know newer CPUs and falls back to kernels five times slower (see
/// docs/development.md). Where the user has not chosen (OPENBLAS_CORETYPE) and the CPU has the instructions,
/// sets the fitting kernels and starts this program anew; returns where nothing is to be done.
void choose_blas_kernel(char** argv);

}  // namespace isoscan::app
