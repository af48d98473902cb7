#include "system.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "isoscan/core/maker.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;

core::Error file_error(const fs::path& file, const std::string& what, int code) {
  const auto kind = code == ENOSPC || code == EDQUOT ? core::ErrorKind::Resource : core::ErrorKind::Io;
  return {kind, file.string() + ": " + what + " (" + std::strerror(code) + ")"};
}

std::string host_name() {
  return core::host_name();
}

std::string matrix_kernel() {
  const char* chosen = std::getenv("OPENBLAS_CORETYPE");
  return chosen == nullptr ? "" : chosen;
}

void make_folders(const fs::path& folder) {
  boost::system::error_code error;
  if (fs::is_directory(folder, error)) return;  // "." is there, and cannot be made
  fs::create_directories(folder, error);
  if (error) throw file_error(folder, "the folder cannot be made", error.value());
}

void sync(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw file_error(path, "cannot be opened to be flushed", errno);
  const int failed = ::fsync(descriptor);
  const int code = errno;
  ::close(descriptor);
  // Some file systems know no fsync of folders; there is nothing to be done about it.
  if (failed != 0 && code != EINVAL) throw file_error(path, "cannot be flushed to disk", code);
}

void write_all(int descriptor, std::string_view bytes, const std::string& file) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw file_error(file, "cannot be written", errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void write_new_file(const fs::path& file, std::string_view bytes) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) throw file_error(file, "cannot be written", errno);
  try {
    write_all(descriptor, bytes, file.string());
  } catch (...) {
    ::close(descriptor);
    ::unlink(file.c_str());
    throw;
  }
  ::close(descriptor);
}

double peak_memory_mb() {
  std::ifstream in("/proc/self/status");
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) / 1024.0;
  }
  return 0.0;
}

void reset_peak_memory() {
  std::ofstream out("/proc/self/clear_refs");
  out << "5";
}

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace isoscan::pipeline
