/// @file The words of `isoscan task`, which executors start.
#pragma once

#include <cstddef>
#include <string>

#include <CLI/CLI.hpp>

namespace isoscan::app {

struct TaskFlags {
  std::string folder;
  std::string segment;
  std::size_t index = 0;
  int attempt = 1;
};

/// Adds the command and its words; what it does is its caller's.
inline CLI::App* add_task_flags(CLI::App& program, TaskFlags& flags) {
  auto* command = program.add_subcommand("task", "Do one task of a batch: executors start this");
  command->add_option("FOLDER", flags.folder, "Folder of the batch")->required();
  command->add_option("SEGMENT", flags.segment, "Its segment, or collect")->required();
  command->add_option("INDEX", flags.index, "Number of the task in the segment")->required();
  command->add_option("--attempt", flags.attempt, "1, or 2: with more memory, where the first did not end")
      ->check(CLI::Range(1, 2));
  command->footer("example:\n  isoscan task out/.isoscan/batch/20260131T093000123Z 1-survey 0");
  return command;
}

}  // namespace isoscan::app
