/// @file The command line of Isoscan's two programs: one set of words, two processes behind it.
#pragma once

#include <vector>

#include "commands.hpp"

namespace isoscan::app {

using AddCommand = void (*)(CLI::App& program, Action& chosen);

/// Parses, runs the chosen command with Ctrl-C as a stop request, and says errors in one line on stderr.
/// Returns the exit status.
int run_program(int argc, char** argv, const std::vector<AddCommand>& commands);

}  // namespace isoscan::app
