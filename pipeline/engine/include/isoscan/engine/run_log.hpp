/// @file The log for machines: JSON lines, one an event.
#pragma once

#include <mutex>
#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"

namespace isoscan::pipeline {

/// Appends; each event is one write of one line, so lines of several threads and processes do not mix.
/// Events of a run: run-start, step-start, step-end, step-done (was in the store), step-failed,
/// step-not-reached, run-end.
class RunLog {
 public:
  /// @throws Error(Io) where the file cannot be opened.
  explicit RunLog(const boost::filesystem::path& file);
  ~RunLog();
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  /// Adds "event" and "time" (UTC). @throws Error(Io|Resource).
  void write(const std::string& event, config::Json::Object members);

 private:
  std::mutex mutex_;
  int descriptor_ = -1;
  std::string file_;
};

/// "2026-01-31T09:30:00.123Z"
[[nodiscard]] std::string utc_now();

}  // namespace isoscan::pipeline
