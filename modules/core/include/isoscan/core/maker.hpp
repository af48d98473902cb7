/// @file Who makes a file or folder that is under way: a name says it, so that what the dead left can go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace isoscan::core {

[[nodiscard]] std::string host_name();

/// Start of the process in clock ticks since boot; 0 where there is no such process. With the process id it
/// names a process for good, as ids are used again.
[[nodiscard]] std::uint64_t process_start(int pid);

struct Maker {
  std::string host;
  int pid = 0;
  std::uint64_t start = 0;
};

[[nodiscard]] Maker this_process();

/// Whether it is gone; of another host nothing is known.
[[nodiscard]] std::optional<bool> is_gone(const Maker& maker);

}  // namespace isoscan::core
