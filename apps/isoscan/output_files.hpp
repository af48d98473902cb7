/// @file Files that a command is told to write: what would fail after an hour of work is said before it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::app {

struct OutputFile {
  std::string flag;  ///< "--out", for messages
  std::string file;  ///< as it was given; empty: not wished, and nothing is checked
  /// Whether the file that stands there now is an earlier one of the same command, which may be replaced.
  std::function<bool(const boost::filesystem::path&)> is_earlier_result;
};

/// @param inputs files that the command reads; empty names are passed over
/// @param overwrite the user said that any file may be replaced (but an input)
/// @throws Error(Config) naming flag and file: a folder, an input, one file named twice, or a file of another
/// origin without `overwrite`. Error(Io): its folder does not exist, or cannot be written to (tried).
void require_outputs(const std::vector<OutputFile>& outputs, const std::vector<std::string>& inputs,
                     bool overwrite);

}  // namespace isoscan::app
