/// @file A file that zlib reads or writes, gzipped or plain, closed on every path.
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/filesystem/path.hpp>

namespace isoscan::io {

/// Reads gzipped and plain files alike (zlib looks at the first bytes).
class GzipReader {
 public:
  /// @throws Error(Io) where the file cannot be opened.
  explicit GzipReader(const boost::filesystem::path& file);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  /// Up to `count` bytes; fewer at the end of the data. @throws Error(Input) where the stream is damaged or
  /// cut.
  std::size_t read(void* bytes, std::size_t count);
  /// @throws Error(Input) where fewer than `count` bytes are left.
  void skip(std::uintmax_t count);
  /// No more than this can come out of the file: deflate packs at most 1032 to 1.
  [[nodiscard]] std::uintmax_t most_bytes() const { return most_bytes_; }

 private:
  void fail(const char* what) const;
  boost::filesystem::path file_;
  void* stream_ = nullptr;
  std::uintmax_t most_bytes_ = 0;
};

/// Writes gzipped (no name and no time in the header) or plain.
class GzipWriter {
 public:
  GzipWriter(const boost::filesystem::path& file, bool compress);
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  /// @throws Error(Io|Resource).
  void write(const void* bytes, std::size_t count);
  /// Flushes and closes; call it, a destructor cannot report trouble.
  void close();

 private:
  void fail() const;
  boost::filesystem::path file_;
  void* stream_ = nullptr;
};

}  // namespace isoscan::io
