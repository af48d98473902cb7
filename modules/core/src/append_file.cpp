#include "isoscan/core/append_file.hpp"

#include <cerrno>
#include <cstring>

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "isoscan/core/error.hpp"

namespace isoscan::core {

namespace fs = boost::filesystem;

namespace {

Error io_error(const fs::path& file, const std::string& what) {
  const auto kind = errno == ENOSPC || errno == EDQUOT ? ErrorKind::Resource : ErrorKind::Io;
  return {kind, file.string() + ": " + what + " (" + std::strerror(errno) + ")"};
}

}  // namespace

void make_private_folder(const fs::path& folder) {
  boost::system::error_code error;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), error);
  if (error)
    throw Error(ErrorKind::Io, folder.string() + ": the folder cannot be made (" + error.message() + ")");
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    throw io_error(folder, "the folder cannot be made");
  if (::chmod(folder.c_str(), 0700) != 0) throw io_error(folder, "cannot be closed to others");
}

AppendFile::AppendFile(const fs::path& file) : file_(file) {
  constexpr int kTries = 100;
  for (int n = 0; n < kTries; ++n) {
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor_ < 0) throw io_error(file, "cannot be opened for writing");
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int code = errno;
      ::close(descriptor_);
      if (code == EWOULDBLOCK) break;
      errno = code;
      throw io_error(file, "cannot be locked");
    }
    // Between opening and locking another file may have taken its name: what is locked then is nobody's.
    struct stat held {};
    struct stat named {};
    if (::fstat(descriptor_, &held) == 0 && ::lstat(file.c_str(), &named) == 0 &&
        held.st_dev == named.st_dev && held.st_ino == named.st_ino)
      return;
    ::close(descriptor_);
  }
  throw Error(ErrorKind::Config, file.string() + ": another isoscan works on it; wait until it has ended");
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t AppendFile::read(std::uint64_t offset, char* to, std::size_t count) const {
  std::size_t got = 0;
  while (got < count) {
    const ssize_t n = ::pread(descriptor_, to + got, count - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw io_error(file_, "cannot be read");
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

std::uint64_t AppendFile::size() const {
  struct stat about {};
  if (::fstat(descriptor_, &about) != 0) throw io_error(file_, "cannot be read");
  return static_cast<std::uint64_t>(about.st_size);
}

void AppendFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw io_error(file_, "cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void AppendFile::flush() {
  if (::fsync(descriptor_) != 0) throw io_error(file_, "cannot be flushed to disk");
}

void AppendFile::cut(std::uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) throw io_error(file_, "cannot be cut");
}

}  // namespace isoscan::core
