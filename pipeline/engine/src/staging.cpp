#include "staging.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <vector>

#include <boost/algorithm/string/split.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/maker.hpp"
#include "isoscan/engine/store.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;

namespace {

constexpr std::time_t kForeignAge = 7 * 24 * 3600;

std::optional<core::Maker> owner_of(const std::string& name) {
  std::vector<std::string> parts;
  boost::split(parts, name, [](char c) { return c == '-'; });
  if (parts.size() < 4) return std::nullopt;
  try {
    core::Maker owner;
    owner.start = std::stoull(parts[parts.size() - 2]);
    owner.pid = std::stoi(parts[parts.size() - 3]);
    parts.resize(parts.size() - 3);
    for (const auto& part : parts) owner.host += (owner.host.empty() ? "" : "-") + part;
    return owner;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::time_t last_touched(const fs::path& folder) {
  boost::system::error_code error;
  std::time_t newest = fs::last_write_time(folder, error);
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    boost::system::error_code gone;
    const std::time_t time = fs::last_write_time(entry->path(), gone);
    if (!gone) newest = std::max(newest, time);
  }
  return newest;
}

}  // namespace

std::string staging_name() {
  const core::Maker maker = core::this_process();
  return maker.host + "-" + std::to_string(maker.pid) + "-" + std::to_string(maker.start) + "-" +
         fs::unique_path("%%%%%%%%%%%%").string();
}

bool is_stale(const fs::path& folder) {
  const auto owner = owner_of(folder.filename().string());
  if (const auto gone = owner ? core::is_gone(*owner) : std::nullopt) return *gone;
  return std::time(nullptr) - last_touched(folder) > kForeignAge;
}

Staging::Staging(fs::path folder) : folder_(std::move(folder)) {}
Staging::Staging(Staging&& other) noexcept : folder_(std::move(other.folder_)) {
  other.folder_.clear();
}
Staging::~Staging() {
  if (folder_.empty()) return;
  boost::system::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace isoscan::pipeline
