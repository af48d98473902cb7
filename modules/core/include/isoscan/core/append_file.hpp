/// @file A file that grows by whole pieces and that one process holds at a time: a journal.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/filesystem/path.hpp>

namespace isoscan::core {

/// Makes the folder for its owner alone (mode 0700); parents as usual. One that is there gets that mode.
/// @throws Error(Io).
void make_private_folder(const boost::filesystem::path& folder);

/// Opened for appending, made (mode 0600) where it is not there, locked until the object goes. What was
/// appended survives the end of the process, however it ends; until `flush` a power cut may cut the last
/// pieces off.
class AppendFile {
 public:
  /// @throws Error(Io) where it cannot be opened; Error(Config) where another process holds it.
  explicit AppendFile(const boost::filesystem::path& file);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// Bytes at `offset`, fewer at the end. @throws Error(Io).
  std::size_t read(std::uint64_t offset, char* to, std::size_t count) const;
  [[nodiscard]] std::uint64_t size() const;
  /// @throws Error(Io), or Error(Resource) where the disk is full.
  void append(std::string_view bytes);
  /// Returns when all that was appended is on the disk. @throws Error(Io), or Error(Resource) as append.
  void flush();
  /// Cuts the file to its first `size` bytes. @throws Error(Io).
  void cut(std::uint64_t size);

 private:
  boost::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace isoscan::core
