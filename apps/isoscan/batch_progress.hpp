/// @file How far a batch is, by what its tasks reported and what Slurm says.
#pragma once

#include <string>

#include "isoscan/config/json.hpp"

#include "batch_file.hpp"

namespace isoscan::app {

/// Valid by config::Schema::Progress.
[[nodiscard]] config::Json progress_of(const Batch& batch);

/// For people: a line a segment, what failed, and how it ended.
[[nodiscard]] std::string progress_text(const config::Json& progress);

/// Whether tasks of it run or wait.
[[nodiscard]] bool under_way(const Batch& batch);

/// @throws Error(Config) naming a batch of this work folder that is under way.
void require_alone(const boost::filesystem::path& work);

}  // namespace isoscan::app
