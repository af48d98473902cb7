/// @file One task of a batch, in a process of its own.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "batch_file.hpp"

namespace isoscan::app {

/// The words that start a task: `isoscan task FOLDER SEGMENT INDEX --attempt N`, after the batch's launcher.
/// @param index, attempt  numbers, or what a shell or an engine makes them of
[[nodiscard]] std::vector<std::string> task_words(const Batch& batch, const std::string& segment,
                                                  const std::string& index, const std::string& attempt);

/// Does a task and leaves its report. A second try of a task whose end stands does nothing. Returns the exit
/// status: 0, 8 where steps failed, 5 where memory or disk ran out, 130 stopped.
int do_task(const Batch& batch, const std::string& segment, std::size_t index, int attempt,
            std::stop_token stop);

/// The end of a batch: OUT from what the tasks left in the store, status files of all scans, end.json. What
/// no task finished counts as failed. Returns the exit status of the whole.
int do_collect(const Batch& batch, std::stop_token stop);

}  // namespace isoscan::app
