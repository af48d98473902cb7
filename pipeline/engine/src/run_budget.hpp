/// @file The cores, memory and GPUs of a run, and what steps at work take of them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "isoscan/engine/stage.hpp"

namespace isoscan::pipeline {

class RunBudget {
 public:
  /// @param memory_mb  0: no limit
  RunBudget(int cores, std::int64_t memory_mb, int gpus)
      : cores_(cores), memory_mb_(memory_mb), free_cores_(cores), free_gpus_(gpus) {}

  /// What a step gets: what it wants, or all.
  [[nodiscard]] int cores_of(const Resources& needs) const {
    return needs.threads == 0 ? cores_ : std::min(needs.threads, cores_);
  }

  /// @param alone  nothing is at work: whatever it needs, it may start
  [[nodiscard]] bool fits(const Resources& needs, bool alone) const {
    return alone || (cores_of(needs) <= free_cores_ && needs.gpus <= free_gpus_ &&
                     (memory_mb_ == 0 || used_memory_mb_ + needs.memory_mb <= memory_mb_));
  }

  void take(const Resources& needs) { change(needs, 1); }
  void give_back(const Resources& needs) { change(needs, -1); }

 private:
  void change(const Resources& needs, int sign) {
    free_cores_ -= sign * cores_of(needs);
    free_gpus_ -= sign * needs.gpus;
    used_memory_mb_ += sign * needs.memory_mb;
  }

  int cores_;
  std::int64_t memory_mb_;
  int free_cores_;
  int free_gpus_;
  std::int64_t used_memory_mb_ = 0;
};

}  // namespace isoscan::pipeline
