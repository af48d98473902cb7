#include "isoscan/core/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/partials.hpp"

namespace isoscan::core {

namespace fs = boost::filesystem;

namespace {

Error io_error(const fs::path& file, const std::string& what, int code) {
  const auto kind = code == ENOSPC || code == EDQUOT ? ErrorKind::Resource : ErrorKind::Io;
  return {kind, file.string() + ": " + what + " (" + std::strerror(code) + ")"};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

void make_parent(const fs::path& file) {
  const fs::path parent = file.parent_path();
  if (parent.empty()) return;
  boost::system::error_code error;
  if (fs::is_directory(parent, error)) return;  // "." is there, and cannot be made
  fs::create_directories(parent, error);
  if (error) throw io_error(parent, "the folder cannot be made", error.value());
}

void sync(const fs::path& file) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) throw io_error(file, "cannot be flushed to disk", errno);
}

}  // namespace

std::string read_file(const fs::path& file, std::uintmax_t limit_bytes) {
  boost::system::error_code error;
  if (fs::is_directory(file, error))
    throw Error(ErrorKind::Io, file.string() + ": is a folder, a file is needed");
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) throw io_error(file, "cannot be opened", errno);
  std::string bytes;
  std::string block(1 << 18, '\0');
  for (;;) {
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw io_error(file, "cannot be read", errno);
    if (got == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(got));
    if (bytes.size() > limit_bytes) {
      throw Error(ErrorKind::Resource,
                  file.string() + ": is larger than " + std::to_string(limit_bytes) + " bytes");
    }
  }
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  const auto resolved = [](const fs::path& path) {
    boost::system::error_code error;
    fs::path plain = fs::weakly_canonical(fs::absolute(path), error);
    if (error) throw io_error(path, "cannot be reached", error.value());
    return plain;
  };
  const fs::path in = resolved(inner);
  const fs::path out = resolved(outer);
  return std::mismatch(out.begin(), out.end(), in.begin(), in.end()).first == out.end();
}

void write_file_with(const fs::path& file, const std::function<void(const fs::path&)>& write) {
  make_parent(file);
  // Same folder, so that the rename is atomic; same extension, as libraries choose the format by it.
  const fs::path staging = partial_beside(file);
  try {
    write(staging);
    sync(staging);
    boost::system::error_code error;
    fs::rename(staging, file, error);
    if (error) throw io_error(file, "cannot be put in place", error.value());
  } catch (...) {
    boost::system::error_code ignored;
    fs::remove(staging, ignored);
    throw;
  }
}

void write_file(const fs::path& file, std::string_view bytes, Readers readers) {
  write_file_with(file, [&](const fs::path& staging) {
    const Descriptor fd(::open(staging.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                               readers == Readers::Owner ? 0600 : 0666));
    if (fd.get() < 0) throw io_error(file, "cannot be written", errno);
    std::string_view left = bytes;
    while (!left.empty()) {
      const ssize_t put = ::write(fd.get(), left.data(), left.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) throw io_error(file, "cannot be written", errno);
      left.remove_prefix(static_cast<std::size_t>(put));
    }
  });
}

void write_folder_with(const fs::path& folder, const std::function<void(const fs::path&)>& write) {
  make_parent(folder);
  const fs::path staging = partial_beside(folder);
  const fs::path before = partial_beside(folder);
  boost::system::error_code error;
  boost::system::error_code ignored;
  try {
    fs::create_directories(staging, error);
    if (error) throw io_error(folder, "the folder cannot be made", error.value());
    write(staging);
    for (fs::recursive_directory_iterator at(staging), end; at != end; ++at) {
      if (fs::is_regular_file(at->path())) sync(at->path());
    }
    const bool replaces = fs::exists(folder, ignored);
    if (replaces) fs::rename(folder, before, error);
    if (error) throw io_error(folder, "cannot be replaced", error.value());
    fs::rename(staging, folder, error);
    if (error) {
      if (replaces) fs::rename(before, folder, ignored);
      throw io_error(folder, "cannot be put in place", error.value());
    }
  } catch (...) {
    fs::remove_all(staging, ignored);
    throw;
  }
  fs::remove_all(before, ignored);
}

bool write_if_changed(const fs::path& file, std::string_view bytes, Readers readers) {
  boost::system::error_code error;
  const std::uintmax_t size = fs::is_regular_file(file, error) ? fs::file_size(file, error) : 0;
  if (!error && size == bytes.size() && fs::is_regular_file(file, error) && read_file(file) == bytes)
    return false;
  write_file(file, bytes, readers);
  return true;
}

}  // namespace isoscan::core
