#include "gzip_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <boost/filesystem.hpp>
#include <zlib.h>

#include "isoscan/core/error.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

constexpr std::uintmax_t kDeflateLimit = 1032;  // zlib's documentation: the most that deflate can expand to
constexpr unsigned kBuffer = 1U << 18;
constexpr std::size_t kAtOnce = std::size_t{1} << 30;  // gzread and gzwrite count in (un)signed int

gzFile as_gz(void* stream) {
  return static_cast<gzFile>(stream);
}

}  // namespace

GzipReader::GzipReader(const fs::path& file) : file_(file) {
  boost::system::error_code error;
  if (!fs::is_regular_file(file, error)) {
    throw Error(ErrorKind::Io,
                file.string() + (fs::exists(file, error) ? ": is not a file" : ": there is no such file"));
  }
  const std::uintmax_t bytes = fs::file_size(file, error);
  if (error) throw Error(ErrorKind::Io, file.string() + ": cannot be read (" + error.message() + ")");
  errno = 0;
  stream_ = gzopen(file.c_str(), "rb");
  if (stream_ == nullptr) {
    throw Error(ErrorKind::Io, file.string() + ": cannot be opened (" + std::strerror(errno) + ")");
  }
  gzbuffer(as_gz(stream_), kBuffer);
  most_bytes_ = gzdirect(as_gz(stream_)) != 0 ? bytes : kDeflateLimit * bytes;
}

GzipReader::~GzipReader() {
  if (stream_ != nullptr) gzclose(as_gz(stream_));
}

void GzipReader::fail(const char* what) const {
  throw Error(ErrorKind::Input, file_.string() + ": " + what + "; copy it again from where it came from");
}

std::size_t GzipReader::read(void* bytes, std::size_t count) {
  auto* to = static_cast<unsigned char*>(bytes);
  std::size_t got = 0;
  while (got < count) {
    const auto want = static_cast<unsigned>(std::min(count - got, kAtOnce));
    const int now = gzread(as_gz(stream_), to + got, want);
    if (now < 0) fail("the gzip stream is damaged");
    if (now == 0) break;
    got += static_cast<std::size_t>(now);
  }
  if (got < count) {
    int code = Z_OK;
    gzerror(as_gz(stream_), &code);
    if (code == Z_BUF_ERROR) fail("the gzip stream is cut short");
    if (code != Z_OK && code != Z_STREAM_END) fail("the gzip stream is damaged");
  }
  return got;
}

void GzipReader::skip(std::uintmax_t count) {
  std::array<unsigned char, 4096> block{};
  while (count > 0) {
    const auto now = static_cast<std::size_t>(std::min<std::uintmax_t>(count, block.size()));
    if (read(block.data(), now) != now) fail("the file ends before its voxels");
    count -= now;
  }
}

GzipWriter::GzipWriter(const fs::path& file, bool compress) : file_(file) {
  errno = 0;
  // Level 4: noisy float voxels hardly shrink further. "T" writes plain bytes through the same calls.
  stream_ = gzopen(file.c_str(), compress ? "wb4" : "wbT");
  if (stream_ == nullptr) fail();
  gzbuffer(as_gz(stream_), kBuffer);
}

GzipWriter::~GzipWriter() {
  if (stream_ != nullptr) gzclose(as_gz(stream_));
}

void GzipWriter::fail() const {
  const int code = errno;
  const auto kind = code == ENOSPC || code == EDQUOT ? ErrorKind::Resource : ErrorKind::Io;
  throw Error(kind, file_.string() + ": cannot be written (" + std::strerror(code) + ")");
}

void GzipWriter::write(const void* bytes, std::size_t count) {
  const auto* from = static_cast<const unsigned char*>(bytes);
  while (count > 0) {
    errno = 0;
    const auto now = static_cast<unsigned>(std::min(count, kAtOnce));
    if (gzwrite(as_gz(stream_), from, now) <= 0) fail();
    from += now;
    count -= now;
  }
}

void GzipWriter::close() {
  errno = 0;
  auto* const stream = as_gz(stream_);
  stream_ = nullptr;
  if (gzclose(stream) != Z_OK) fail();
}

}  // namespace isoscan::io
