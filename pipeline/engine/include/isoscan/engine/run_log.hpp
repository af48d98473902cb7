/// @file The log for machines: JSON lines, one an event.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"

namespace isoscan::pipeline {

/// Appends; each event is one write of one line, so lines of several threads and processes do not mix. A line
/// that was cut (its process was killed, the disk was full) stays as it is; what comes next begins a new one.
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

  /// The events of another log, as they stand there; lines that were cut are left out. @throws as write, and
  /// Error(Io) where it cannot be read.
  void append(const boost::filesystem::path& other);

 private:
  void put(std::string_view lines);

  std::mutex mutex_;
  bool cut_ = false;  ///< the last line has no end
  int descriptor_ = -1;
  std::string file_;
};

/// "2026-01-31T09:30:00.123Z"
[[nodiscard]] std::string utc_now();

}  // namespace isoscan::pipeline
