/// @file What flags of several commands mean.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <CLI/CLI.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/engine/terminal_progress.hpp"

namespace isoscan::app {

/// The bytes of a pseudonym key's file; empty where no file is named.
/// @throws Error(Io) where it cannot be read; Error(Config) under 16 bytes or over 1 MiB.
[[nodiscard]] std::string read_pseudonym_key(const std::string& file);

/// What a command that keeps no session works with.
struct Console {
  std::shared_ptr<pipeline::TerminalProgress> progress;  ///< on stderr; lines are printed through it
  core::Context context;                                 ///< that reports to it
};
/// @param cores  as a flag asks for them; 0: all of this machine
[[nodiscard]] Console open_console(std::stop_token stop, int cores);

/// --scaling, --first-volume and --resample, as every command that reads scans has them.
void add_read_flags(CLI::App& command, const std::string& group, std::optional<std::string>& scaling,
                    bool& first_volume, bool& resample);

}  // namespace isoscan::app
