/// @file Which instructions the inner loops use: OpenBLAS's, LibTorch's and our own. They change the last
/// bits of a result, so one name chooses all three, before the libraries load, and no environment variable
/// does.
#pragma once

#include <string>

namespace isoscan::app {

inline constexpr const char* kKernelsFlag = "--kernels";

/// Sets the variables of the kernels that "--kernels NAME" asks for, for the program that this process is
/// about to become: it need not start anew then. The words stay as they are. @throws as choose_kernels.
void set_kernels(int argc, char** argv);

/// The flag "--kernels NAME" (avx512, avx2 or plain; by default the fastest that this processor runs) is
/// taken out of the arguments, and this program is started anew with the variables of that name, unless they
/// are set already. Debian's OpenBLAS 0.3.21 does not know newer processors and would fall back to kernels
/// five times slower (docs/development.md).
/// @throws Error(Config) for a name that is not known or that this processor does not run.
void choose_kernels(int& argc, char** argv);

/// Takes the flag out of the arguments of a command that multiplies nothing.
/// @throws Error(Config) for a name that is not known or that this processor does not run.
void drop_kernels(int& argc, char** argv);

/// The name that "--kernels" gave; empty where the fastest was taken.
[[nodiscard]] std::string asked_kernels();

/// Where these are other kernels than this process runs with, and "--kernels" named none: starts this command
/// anew with "--kernels NAME", and does not return. An empty name is nobody's wish.
/// @throws Error(Config) as choose_kernels.
void require_kernels(const std::string& name);

/// The name that this process runs with; empty where it could not be started anew.
[[nodiscard]] std::string chosen_kernels();

}  // namespace isoscan::app
