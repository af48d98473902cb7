/// @file Which instructions the inner loops use: OpenBLAS's, LibTorch's and our own. They change the last
/// bits of a result, so one name chooses all three, before the libraries load, and no environment variable
/// does.
#pragma once

#include <string>

namespace isoscan::app {

inline constexpr const char* kKernelsFlag = "--kernels";

/// The flag "--kernels NAME" (avx512, avx2 or plain; by default the fastest that this processor runs) is
/// taken out of the arguments, and this program is started anew with the variables of that name, unless they
/// are set already. Debian's OpenBLAS 0.3.21 does not know newer processors and would fall back to kernels
/// five times slower (docs/development.md).
/// @throws Error(Config) for a name that is not known or that this processor does not run.
void choose_kernels(int& argc, char** argv);

/// The name that this process runs with; empty where it could not be started anew.
[[nodiscard]] std::string chosen_kernels();

}  // namespace isoscan::app
