/// @file What stages took before, by the records of the store.
#pragma once

#include <cstdint>
#include <string>

#include "isoscan/engine/stage.hpp"
#include "isoscan/engine/store.hpp"

namespace isoscan::pipeline {

struct Taken {
  std::size_t records = 0;    ///< that were read; 0: nothing was measured, the rest is the stage's own guess
  double seconds = 1.0;       ///< the median
  double slow_seconds = 1.0;  ///< nine of ten took no longer; at least three times the guess
  std::int64_t memory_mb = 500;  ///< the most that a process held while this stage ran alone
};

/// From at most 200 records of the stage with its version and options; memory from those that ran alone in
/// their process, as else another step's would count too.
[[nodiscard]] Taken taken_before(const Store& store, const Stage& stage);

}  // namespace isoscan::pipeline
