#include "isoscan/core/partials.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/core/maker.hpp"

namespace isoscan::core {

namespace fs = boost::filesystem;

namespace {

constexpr std::string_view kMark = ".partial-";
constexpr std::size_t kLongestHost = 64;
constexpr std::size_t kLongestName = 120;  // file systems end at 255 bytes

std::string host_in_name() {
  std::string host = process_host();
  if (host.size() > kLongestHost)
    host.erase(0, host.size() - kLongestHost);  // its end tells containers apart
  std::replace_if(
      host.begin(), host.end(), [](char c) { return c == '+' || c == '/'; }, '_');
  return host;
}

/// Of a name that partial_beside made.
std::optional<bool> writer_is_gone(std::string_view name) {
  name.remove_prefix(kMark.size());
  std::vector<std::string> parts;
  for (std::size_t at = name.find('+'); at != std::string_view::npos && parts.size() < 4;
       at = name.find('+')) {
    parts.emplace_back(name.substr(0, at));
    name.remove_prefix(at + 1);
  }
  if (parts.size() < 4 || parts[2] != host_in_name()) return std::nullopt;
  try {
    return process_start(std::stoi(parts[0])) != std::stoull(parts[1]);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

bool is_dead(const fs::path& partial) {
  if (const auto gone = writer_is_gone(partial.filename().string())) return *gone;
  constexpr std::time_t kLongestSilence = 3600;
  boost::system::error_code unknown;
  const std::time_t touched = fs::last_write_time(partial, unknown);
  return !unknown && std::time(nullptr) - touched > kLongestSilence;
}

int remove(const std::vector<fs::path>& partials) {
  int removed = 0;
  for (const fs::path& partial : partials) {
    boost::system::error_code ignored;
    if (fs::remove_all(partial, ignored) > 0 && !ignored) ++removed;
  }
  return removed;
}

}  // namespace

fs::path partial_beside(const fs::path& file) {
  const Maker writer = this_process();
  const std::string name = file.filename().string();
  return file.parent_path() /
         (std::string(kMark) + std::to_string(writer.pid) + "+" + std::to_string(writer.start) + "+" +
          host_in_name() + "+" + fs::unique_path("%%%%%%%%").string() + "+" +
          (name.size() > kLongestName ? name.substr(name.size() - kLongestName) : name));
}

bool is_partial(const fs::path& file) {
  return file.filename().string().starts_with(kMark);
}

int remove_dead_partials(const fs::path& folder) {
  std::vector<fs::path> dead;
  boost::system::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    if (at->path().filename().string().starts_with(".")) at.disable_recursion_pending();
    if (is_partial(at->path()) && is_dead(at->path())) dead.push_back(at->path());
  }
  return remove(dead);
}

int remove_dead_partials_in(const fs::path& folder) {
  std::vector<fs::path> dead;
  boost::system::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (is_partial(at->path()) && is_dead(at->path())) dead.push_back(at->path());
  }
  return remove(dead);
}

}  // namespace isoscan::core
