/// @file Progress for people: one line that is redrawn on a terminal, a plain line now and then in a log.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>

#include "isoscan/core/context.hpp"

namespace isoscan::pipeline {

struct TerminalProgressOptions {
  bool terminal = false;  ///< redraw one line with '\r'; else plain lines
  double delay_s = 0.5;   ///< nothing before: quick work needs no bar
  double redraw_s = 0.1;  ///< on a terminal
  double line_s = 10.0;   ///< between plain lines
  int columns = 80;
  std::function<double()> clock;  ///< seconds; empty: the steady clock
};

/// The options for standard error as it is: a terminal or not, and how wide.
[[nodiscard]] TerminalProgressOptions options_for_stderr();

/// " 42 % prepare sub-07 (31 of 160), 3 min left". Safe to call from several threads.
class TerminalProgress final : public core::ProgressSink {
 public:
  explicit TerminalProgress(std::ostream& out, TerminalProgressOptions options = {});
  ~TerminalProgress() override;
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;

  void report(double fraction, const std::string& label) override;
  /// Prints a line of text without mixing it with the progress line.
  void print(const std::string& line);
  /// Takes the progress line away.
  void clear();

 private:
  void erase();

  std::ostream& out_;
  TerminalProgressOptions options_;
  std::mutex mutex_;
  double start_s_;
  double last_s_;
  std::size_t drawn_ = 0;
};

/// "less than a second", "40 s", "3 min", "1 h 20 min".
[[nodiscard]] std::string duration_text(double seconds);

}  // namespace isoscan::pipeline
