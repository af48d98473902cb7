/// @file What several tests need: a temporary folder, and the real data when it is there.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

#include <boost/filesystem.hpp>
#include <gtest/gtest.h>

namespace isoscan::test {

namespace fs = boost::filesystem;

/// A fresh folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(fs::temp_directory_path() / fs::unique_path("isoscan-test-%%%%-%%%%-%%%%")) {
    fs::create_directories(path_);
  }
  ~TemporaryFolder() {
    boost::system::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// The folder of real scans, named by the environment variable ISOSCAN_REAL_DATA; nothing when it is not
/// there.
inline std::optional<fs::path> real_data() {
  const char* folder = std::getenv("ISOSCAN_REAL_DATA");
  if (folder == nullptr || *folder == '\0' || !fs::is_directory(folder)) return std::nullopt;
  return fs::path(folder);
}

}  // namespace isoscan::test

/// Skips the test, with a word, where there is no real data; else declares `name` as the folder.
#define ISOSCAN_REAL_DATA_OR_SKIP(name)                                                 \
  const auto name##_found = ::isoscan::test::real_data();                               \
  if (!name##_found) GTEST_SKIP() << "ISOSCAN_REAL_DATA names no folder of real scans"; \
  const ::boost::filesystem::path& name = *name##_found
