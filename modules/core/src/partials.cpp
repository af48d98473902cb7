#include "isoscan/core/partials.hpp"

#include <ctime>
#include <vector>

#include <boost/filesystem.hpp>

namespace isoscan::core {

namespace fs = boost::filesystem;

bool is_partial(const fs::path& file) {
  return file.filename().string().starts_with(".partial-");
}

int remove_dead_partials(const fs::path& folder) {
  constexpr std::time_t kLongestSilence = 3600;
  std::vector<fs::path> dead;
  boost::system::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(".")) at.disable_recursion_pending();
    if (!is_partial(at->path())) continue;
    boost::system::error_code unknown;
    const std::time_t touched = fs::last_write_time(at->path(), unknown);
    if (!unknown && std::time(nullptr) - touched > kLongestSilence) dead.push_back(at->path());
  }
  int removed = 0;
  for (const fs::path& partial : dead) {
    boost::system::error_code ignored;
    if (fs::remove_all(partial, ignored) > 0 && !ignored) ++removed;
  }
  return removed;
}

}  // namespace isoscan::core
