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

/// Where process ids mean what they mean here: the host, and in a container with process ids of its own the
/// number of its namespace too ("node3~4026532501").
[[nodiscard]] std::string process_host();

struct Maker {
  std::string host;  ///< process_host() of its process
  int pid = 0;
  std::uint64_t start = 0;
};

[[nodiscard]] Maker this_process();

/// Whether it is gone; of another host, or another namespace of process ids, nothing is known.
[[nodiscard]] std::optional<bool> is_gone(const Maker& maker);

}  // namespace isoscan::core
