#include "isoscan/core/maker.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
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

std::string process_host() {
  constexpr const char* kOfTheHost = "pid:[4026531836]";  // PROC_PID_INIT_INO of Linux
  std::array<char, 64> link{};
  if (::readlink("/proc/self/ns/pid", link.data(), link.size() - 1) < 0) return host_name();
  const std::string name = link.data();
  if (name == kOfTheHost) return host_name();
  std::string number;
  std::copy_if(name.begin(), name.end(), std::back_inserter(number),
               [](char c) { return c >= '0' && c <= '9'; });
  return host_name() + "~" + number;
}

Maker this_process() {
  const int pid = ::getpid();
  return {process_host(), pid, process_start(pid)};
}

std::optional<bool> is_gone(const Maker& maker) {
  if (maker.host != process_host()) return std::nullopt;
  return process_start(maker.pid) != maker.start;
}

}  // namespace isoscan::core
