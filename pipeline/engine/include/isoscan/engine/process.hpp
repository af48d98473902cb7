/// @file Processes: who runs, and other programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::pipeline {

[[nodiscard]] std::string host_name();

/// The program that runs, as a path.
[[nodiscard]] boost::filesystem::path own_program();

/// Starts a program with both outputs in a file (appended). Ctrl-C does not reach it, as it is in a
/// process group of its own; it gets SIGTERM when this process ends, however it ends. @returns its process
/// id. @throws Error(Io) where it cannot be started.
int start_process(const std::vector<std::string>& words, const boost::filesystem::path& output);

struct Ended {
  int pid = 0;
  int status = 0;  ///< exit status, or 128 + the number of the signal that ended it
};
/// The next of the processes started above that ended, or pid 0 where none did within about 0.2 s.
[[nodiscard]] Ended next_ended();

struct Spoken {
  int status = 0;      ///< as in Ended; 127 where the program is not there
  std::string output;  ///< standard output
  std::string error;   ///< standard error
};
/// Runs a program to its end, with nothing to read.
[[nodiscard]] Spoken run_program(const std::vector<std::string>& words);

/// From now on this process may take so much more memory of its own; what goes beyond is std::bad_alloc, and
/// so an error that says so, where else the system would kill it without a word. 0 sets no limit.
void limit_memory(std::int64_t memory_mb);

}  // namespace isoscan::pipeline
