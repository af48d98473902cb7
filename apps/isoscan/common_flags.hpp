/// @file What flags of several commands mean.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace isoscan::app {

/// The bytes of a pseudonym key's file; empty where no file is named.
/// @throws Error(Io) where it cannot be read; Error(Config) under 16 bytes or over 1 MiB.
[[nodiscard]] std::string read_pseudonym_key(const std::string& file);

/// How many cores a flag asks for; 0: all of this machine.
[[nodiscard]] int cores_or_all(int cores);

/// --scaling, --first-volume and --resample, as every command that reads scans has them.
void add_read_flags(CLI::App& command, const std::string& group, std::optional<std::string>& scaling,
                    bool& first_volume, bool& resample);

}  // namespace isoscan::app
