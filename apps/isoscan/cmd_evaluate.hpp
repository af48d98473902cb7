/// @file The subcommands of `isoscan evaluate`, one file each.
#pragma once

#include "commands.hpp"

namespace isoscan::app {

void add_evaluate_travellers(CLI::App& evaluate, Action& chosen);
void add_evaluate_rescan(CLI::App& evaluate, Action& chosen);
void add_evaluate_sites(CLI::App& evaluate, Action& chosen);
void add_evaluate_controls(CLI::App& evaluate, Action& chosen);
void add_evaluate_longitudinal(CLI::App& evaluate, Action& chosen);
void add_evaluate_bias(CLI::App& evaluate, Action& chosen);

}  // namespace isoscan::app
