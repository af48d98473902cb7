#include "isoscan/engine/garbage.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <sys/stat.h>

#include "isoscan/config/schema.hpp"

#include "staging.hpp"
#include "system.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;
using config::Json;

void add_named(NamedResults& named, const Json& manifest) {
  config::validate(manifest, config::Schema::Manifest, "manifest.json", core::ErrorKind::Input);
  for (const Json& chain : manifest.at("chains").items()) {
    for (const Json& step : chain.at("steps").items())
      named.insert({step.at("stage").as_string(), step.at("key").as_string()});
  }
}

namespace {

bool is_key(const std::string& name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::vector<fs::path> children(const fs::path& folder) {
  std::vector<fs::path> found;
  boost::system::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    found.push_back(at->path());
  return found;
}

/// Room on disk. Files with a second name (hard links in an output folder) stay there: they free nothing.
std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t bytes = 0;
  boost::system::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    struct stat status {};
    if (::lstat(at->path().c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1)
      bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  return bytes;
}

class Sweep {
 public:
  Sweep(const Store& store, const NamedResults& named, std::time_t age, bool dry)
      : store_(store), named_(named), dry_(dry), newest_(std::time(nullptr) - age) {}

  Garbage run() {
    for (const fs::path& stage : children(store_.root())) {
      if (!fs::is_directory(stage)) continue;
      const std::string name = stage.filename().string();
      for (const fs::path& entry : children(stage)) {
        if (!is_key(entry.filename().string())) continue;
        if (named_.count({name, entry.filename().string()}) > 0) {
          ++found_.kept;
        } else if (!old(entry)) {
          ++found_.young;
        } else {
          remove(entry, stage);
        }
      }
      for (const fs::path& checkpoint : children(stage / "checkpoint")) {
        if (is_key(checkpoint.filename().string()) && old(checkpoint)) remove(checkpoint, stage);
      }
      for (const fs::path& work : children(stage / "staging")) {
        if (is_stale(work)) remove(work, stage);
      }
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool old(const fs::path& folder) const {
    boost::system::error_code error;
    const std::time_t time = fs::last_write_time(folder, error);
    return !error && time <= newest_;
  }

  void remove(const fs::path& folder, const fs::path& stage) {
    const std::uint64_t bytes = bytes_in(folder);
    if (!dry_) {
      fs::path hidden = folder;
      if (folder.parent_path().filename() != "staging") {
        hidden = stage / "staging" / staging_name();
        boost::system::error_code error;
        fs::create_directories(hidden.parent_path(), error);
        if (error || std::rename(folder.c_str(), hidden.c_str()) != 0) {
          found_.stuck.push_back(folder.string() + ": " + (error ? error.message() : std::strerror(errno)));
          return;
        }
      }
      boost::system::error_code error;
      fs::remove_all(hidden, error);
      if (error) {
        found_.stuck.push_back(hidden.string() + ": " + error.message());
        return;
      }
    }
    ++found_.freed;
    found_.bytes += bytes;
  }

  const Store& store_;
  const NamedResults& named_;
  bool dry_;
  std::time_t newest_;
  Garbage found_;
};

}  // namespace

void keep_young(const Store& store, const std::string& stage, const std::string& key) {
  const fs::path folder = store.entry(stage, key);
  constexpr std::time_t kYoung = 3600;
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0 || std::time(nullptr) - status.st_mtime < kYoung) return;
  // Where the store is read-only nothing is collected either.
  (void)!::utimensat(AT_FDCWD, folder.c_str(), nullptr, 0);
}

Garbage remove_unnamed(const Store& store, const NamedResults& named, std::time_t age_seconds, bool dry) {
  return Sweep(store, named, age_seconds, dry).run();
}

}  // namespace isoscan::pipeline
