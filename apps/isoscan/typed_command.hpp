/// @file The command of `isoscan evaluate` as its page may show it.
#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace isoscan::app {

/// "isoscan evaluate rescan --scans SCANS.tsv --scanner hard --seed 1": what was typed, in the order of
/// --help, and gives the same table where it is typed again with the files in place of the words in capitals.
/// Only values of options that are known to be numbers or names of ours are shown: a folder is often called
/// after the patient. @param command  parsed  @param seed  told where it was not typed
[[nodiscard]] std::string typed_command(const CLI::App& command, std::uint64_t seed);

}  // namespace isoscan::app
