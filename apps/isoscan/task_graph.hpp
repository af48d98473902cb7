/// @file The tasks of a batch in the words of other workflow engines.
#pragma once

#include <cstdint>
#include <string>

#include "batch_file.hpp"

namespace isoscan::app {

enum class GraphFormat : std::uint8_t { Snakemake, Nextflow, Make };

/// @throws Error(Config) naming the formats.
[[nodiscard]] GraphFormat graph_format(const std::string& name);

/// A file for the engine: each task waits for all tasks of the segment before, the end for all. A task in
/// which scans failed (exit status 8) does not stop the others; the end has the exit status of the whole.
/// Marks of what is done go into a folder isoscan-<batch> where the engine is started.
[[nodiscard]] std::string task_graph(const Batch& batch, GraphFormat format);

}  // namespace isoscan::app
