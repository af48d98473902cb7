/// @file How far a batch is, by what its tasks reported and what Slurm says.
#pragma once

#include <memory>
#include <string>

#include "isoscan/config/json.hpp"
#include "isoscan/core/append_file.hpp"

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

/// Held while a batch is planned and handed on, and while results are freed, so that of two that start
/// together one is refused; by a local runner for its life. @throws Error(Config) where a batch of this work
/// folder is under way.
[[nodiscard]] std::unique_ptr<core::AppendFile> sole_batch(const boost::filesystem::path& work);

}  // namespace isoscan::app
