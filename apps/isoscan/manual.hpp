/// @file The manual page and the shell completion, from the command line itself: they cannot say another
/// thing.
#pragma once

#include "commands.hpp"

namespace isoscan::app {

/// `isoscan manual --format man|bash`, which the build calls for what is installed.
void add_manual(CLI::App& program, Action& chosen);

}  // namespace isoscan::app
