#include "isoscan/core/maker.hpp"

#include <array>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace isoscan::core {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::uint64_t process_start(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(in, text)) return 0;
  // The second field, the name, may hold blanks and brackets; the third follows the last bracket.
  const auto bracket = text.rfind(')');
  if (bracket == std::string::npos) return 0;
  std::istringstream fields(text.substr(bracket + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  std::uint64_t start = 0;
  fields >> start;
  return fields ? start : 0;
}

Maker this_process() {
  const int pid = ::getpid();
  return {host_name(), pid, process_start(pid)};
}

std::optional<bool> is_gone(const Maker& maker) {
  if (maker.host != host_name()) return std::nullopt;
  return process_start(maker.pid) != maker.start;
}

}  // namespace isoscan::core
