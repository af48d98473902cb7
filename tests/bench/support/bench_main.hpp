/// @file What the benchmark programs' main functions share: numbers from words, errors to an exit status.
#pragma once

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "isoscan/core/error.hpp"

namespace isoscan::bench {

/// @throws core::Error(Config) naming the flag: no number, or not finite.
[[nodiscard]] inline double number_of(const std::string& flag, const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value))
    throw core::Error(core::ErrorKind::Config, flag + ": \"" + text + "\" is no number");
  return value;
}

/// @throws core::Error(Config) naming the flag: no whole number, or outside `least`..`most`.
[[nodiscard]] inline std::int64_t whole_of(const std::string& flag, const std::string& text,
                                           std::int64_t least = 1, std::int64_t most = 1'000'000'000) {
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || errno != 0 || value < least || value > most)
    throw core::Error(core::ErrorKind::Config, flag + ": \"" + text + "\" is no whole number in " +
                                                   std::to_string(least) + ".." + std::to_string(most));
  return value;
}

/// The exit status of `run(argc, argv)`; an error goes to stderr in one line.
template <class Run>
int guarded(int argc, char** argv, const Run& run) {
  try {
    return run(argc, argv);
  } catch (...) {
    const core::Error error = core::current_error();
    std::fprintf(stderr, "%s\n", error.what());
    return core::exit_status(error.kind());
  }
}

}  // namespace isoscan::bench
