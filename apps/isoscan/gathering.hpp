/// @file The end of a batch: what its tasks computed becomes OUT.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "isoscan/core/error.hpp"
#include "isoscan/engine/run_log.hpp"
#include "isoscan/engine/unit.hpp"

namespace isoscan::app {

/// What was computed elsewhere and is to be gathered. Empty: a run of its own.
struct Gathering {
  /// pipeline::RunOptions::withhold: what must not run but count as failed, with these words.
  std::function<std::optional<std::string>(const std::string& stage, const std::string& unit)> withhold;
  /// By the name of a chain: the scans of the plan. Others came later and take no part; those that are gone
  /// have failed.
  std::map<std::string, pipeline::Cohort> planned;
  /// Gets the run log before the first line of this run; may be empty.
  std::function<void(pipeline::RunLog&)> log;
};

/// A batch has no result at all: what all its scans need is lost.
class Lost : public core::Error {
 public:
  Lost(const core::Error& error, std::string stage, std::string reason)
      : core::Error(error), stage_(std::move(stage)), reason_(std::move(reason)) {}
  [[nodiscard]] const std::string& stage() const { return stage_; }
  /// For status files: no path.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  std::string stage_;
  std::string reason_;
};

/// Of a scan that was planned and is not there when its results are gathered.
inline constexpr const char* kGone = "its files are gone: they were there when the batch was planned";

}  // namespace isoscan::app
