/// @file The options that say which scans of the input are wanted: one home for all commands that read scans.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::app {

/// Adds --participant-label, --session-id, --acquisition, --run and --suffix. Each takes one label or more,
/// with or without prefix; BIDS Apps' spellings with underscores are taken too.
void add_scan_flags(CLI::App& command, io::ScanFilter& only);

/// For the file that `isoscan explain` reads, and back.
[[nodiscard]] config::Json to_json(const io::ScanFilter& only);
[[nodiscard]] io::ScanFilter scan_filter_of(const config::Json& json);

/// " --participant-label 01 02": as it may be typed; empty where everything is wanted.
[[nodiscard]] std::string words_of(const io::ScanFilter& only);

}  // namespace isoscan::app
