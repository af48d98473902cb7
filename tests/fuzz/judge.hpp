/// @file What counts as a finding, and the files that readers want.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/volume.hpp"

#include "targets.hpp"

namespace isoscan::fuzz {

[[noreturn]] inline void finding(const std::string& what) {
  std::fprintf(stderr, "FINDING: %s\n", what.c_str());
  std::abort();
}

inline void require(bool holds, const char* what) {
  if (!holds) finding(what);
}

/// Runs a reader: what it may throw is a core::Error that is not our bug, in one line.
template <class Read>
void judged(const Read& read) {
  try {
    read();
  } catch (const core::Error& error) {
    const std::string message = error.what();
    if (error.kind() == core::ErrorKind::Internal) finding("an internal error: " + message);
    if (message.empty() || message.find('\n') != std::string::npos)
      finding("a message that is not one line: " + message);
  }
}

inline void check_volume(const core::Volume& volume) {
  require(std::string_view(volume.grid.problem()).empty(), "a volume on an unusable grid");
  require(volume.voxels.size() == volume.grid.voxel_count(), "a volume without all its voxels");
  for (const float v : volume.voxels) require(std::isfinite(v), "a voxel that is not finite");
}

/// A folder of this process, below TMPDIR, that goes when the process ends well. scripts/fuzz puts TMPDIR
/// into memory.
class Scratch {
 public:
  Scratch()
      : path_(boost::filesystem::temp_directory_path() /
              boost::filesystem::unique_path("isoscan-fuzz-%%%%-%%%%")) {
    boost::filesystem::create_directories(path_);
  }
  ~Scratch() {
    boost::system::error_code ignored;
    boost::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] const boost::filesystem::path& path() const { return path_; }
  boost::filesystem::path put(const std::string& name, std::string_view bytes) const {
    const boost::filesystem::path file = path_ / name;
    std::ofstream out(file.string(), std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return file;
  }

 private:
  boost::filesystem::path path_;
};

/// The files of a series that kFileMark parts, at most 64: "0.dcm", "1.dcm", ...
inline std::vector<boost::filesystem::path> put_files(const Scratch& folder, std::string_view bytes) {
  constexpr std::size_t kMostFiles = 64;
  std::vector<boost::filesystem::path> files;
  while (files.size() < kMostFiles) {
    const std::size_t end = bytes.find(kFileMark);
    files.push_back(folder.put(std::to_string(files.size()) + ".dcm", bytes.substr(0, end)));
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + kFileMark.size());
  }
  return files;
}

}  // namespace isoscan::fuzz
