#include "isoscan/engine/terminal_progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include "isoscan/core/printable.hpp"

#include "system.hpp"

namespace isoscan::pipeline {

TerminalProgressOptions options_for_stderr() {
  TerminalProgressOptions options;
  options.terminal = ::isatty(STDERR_FILENO) == 1;
  winsize size{};
  if (options.terminal && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) {
    options.columns = size.ws_col;
  }
  return options;
}

std::string duration_text(double seconds) {
  if (!(seconds >= 1.0)) return "less than a second";
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 90) return std::to_string(whole) + " s";
  const long long minutes = (whole + 30) / 60;
  if (minutes < 90) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

TerminalProgress::TerminalProgress(std::ostream& out, TerminalProgressOptions options)
    : out_(out), options_(std::move(options)) {
  if (!options_.clock) options_.clock = steady_seconds;
  start_s_ = options_.clock();
  last_s_ = start_s_ - 1e9;
}

TerminalProgress::~TerminalProgress() {
  clear();
}

void TerminalProgress::report(double fraction, const std::string& label) {
  const std::lock_guard lock(mutex_);
  const double now = options_.clock();
  const double elapsed = now - start_s_;
  if (elapsed < options_.delay_s) return;
  // A log gets its first plain line only after a while, too.
  const double since = options_.terminal ? now - last_s_ : std::min(now - last_s_, elapsed);
  if (since < (options_.terminal ? options_.redraw_s : options_.line_s)) return;
  last_s_ = now;

  char percent[16];
  std::snprintf(percent, sizeof percent, "%3.0f %% ", std::floor(100.0 * std::clamp(fraction, 0.0, 1.0)));
  std::string line = percent + label;
  std::string left;
  // Before that the estimate jumps about.
  if (fraction > 0.01 && fraction < 1.0) {
    left = ", " + duration_text(elapsed * (1.0 - fraction) / fraction) + " left";
  }
  if (!options_.terminal) {
    out_ << line << left << '\n' << std::flush;
    return;
  }
  const auto width = static_cast<std::size_t>(std::max(options_.columns - 1, 20));
  const std::size_t room = width > left.size() ? width - left.size() : 0;
  if (line.size() > room) line.resize(room);
  line += left;
  erase();
  out_ << line << std::flush;
  drawn_ = line.size();
}

void TerminalProgress::erase() {
  if (drawn_ == 0) return;
  out_ << '\r' << std::string(drawn_, ' ') << '\r';
  drawn_ = 0;
}

void TerminalProgress::print(const std::string& line) {
  const std::lock_guard lock(mutex_);
  erase();
  out_ << core::printable(line) << '\n' << std::flush;
}

void TerminalProgress::clear() {
  const std::lock_guard lock(mutex_);
  erase();
  out_ << std::flush;
}

}  // namespace isoscan::pipeline
