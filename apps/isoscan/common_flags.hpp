/// @file What flags of several commands mean.
#pragma once

#include <string>

namespace isoscan::app {

/// The bytes of a pseudonym key's file; empty where no file is named.
/// @throws Error(Io) where it cannot be read; Error(Config) under 16 bytes or over 1 MiB.
[[nodiscard]] std::string read_pseudonym_key(const std::string& file);

/// How many cores a flag asks for; 0: all of this machine.
[[nodiscard]] int cores_or_all(int cores);

}  // namespace isoscan::app
