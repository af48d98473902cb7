/// @file What the three commands of `isoscan transport` share: flags, and the voice they speak with.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <sstream>
#include <stop_token>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/engine/terminal_progress.hpp"

#include "commands.hpp"

namespace isoscan::app {

/// How a table is named on the command line, for --help.
inline constexpr const char* kTableHelp =
    "FILE.npy, FILE.safetensors or FILE.safetensors:NAME; one row a sample";

struct RunningFlags {
  std::uint64_t seed = 0;
  int threads = 0;  ///< 0: all cores
  bool overwrite = false;

  void add_seed(CLI::App& command);
  void add_threads(CLI::App& command);
  void add_overwrite(CLI::App& command);
};

/// The two samples of fit and score.
struct SampleFlags {
  std::string source, target, source_weights, target_weights;
  std::string picture;

  void add_to(CLI::App& command);
  /// The files that they name.
  [[nodiscard]] std::vector<std::string> files() const;
  /// @throws Error(Config) where a picture is wished that cannot be drawn.
  void require_picture_name() const;
  void require_picture_columns(std::int64_t columns) const;
};

/// A context, and a voice that does not disturb its progress line.
class TransportWork {
 public:
  TransportWork(const RunningFlags& flags, std::stop_token stop);
  void say(const std::string& line) const { progress_->print(line); }
  /// Takes the progress line away: what is printed next is the result.
  void done() const { progress_->clear(); }

  core::Context context;

 private:
  std::shared_ptr<pipeline::TerminalProgress> progress_;
};

/// Leaves `what` to be done when the command is chosen. `flags` lives as long as that.
template <class Flags>
void on_choice(CLI::App& command, const std::shared_ptr<Flags>& flags,
               int (*what)(const Flags&, std::stop_token), Action& chosen) {
  command.callback([flags, what, &chosen] {
    chosen = [flags, what](std::stop_token stop) { return what(*flags, std::move(stop)); };
  });
}

/// A range that the text of --help says in words already: CLI11 would say it again.
template <class Number>
CLI::Validator from_to(Number least, Number most) {
  // CLI::Range lets "nan" through.
  return CLI::Validator(
      [least, most](const std::string& word) {
        Number value{};
        if (CLI::detail::lexical_cast(word, value) && value >= least && value <= most) return std::string();
        std::ostringstream limits;
        limits << "must be a number from " << least << " to " << most << ", not " << word;
        return limits.str();
      },
      "");
}
inline CLI::Validator above_zero() {
  return CLI::Validator(
      [](const std::string& word) {
        double value = 0.0;
        if (CLI::detail::lexical_cast(word, value) && value > 0.0 && std::isfinite(value))
          return std::string();
        return "must be a number above 0, not " + word;
      },
      "");
}

/// printf into a string.
[[nodiscard]] std::string text(const char* format, ...) __attribute__((format(printf, 1, 2)));

void add_transport_fit(CLI::App& group, Action& chosen);
void add_transport_apply(CLI::App& group, Action& chosen);
void add_transport_score(CLI::App& group, Action& chosen);

}  // namespace isoscan::app
