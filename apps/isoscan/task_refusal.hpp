/// @file A node of a cluster that lacks the instructions of a batch's --kernels. It would refuse one task
/// after the other, and so the whole array, within minutes.
#pragma once

#include "commands.hpp"

namespace isoscan::app {

/// `isoscan task ...` where it cannot run: its report says so and leaves it to the second try, and Slurm
/// sends no further task of the batch to this node. Where Slurm does not answer (in a container) it waits as
/// long as the task would have taken, at most a quarter of an hour, so that other nodes get the rest
/// meanwhile.
void add_refusal(CLI::App& program, Action& chosen);

}  // namespace isoscan::app
