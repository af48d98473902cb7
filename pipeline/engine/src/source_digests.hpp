/// @file Digests of source files that need not be read again.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/engine/unit.hpp"

namespace isoscan::pipeline {

/// SHA-256 of the source as it is now, all of it read. @throws Error(Io).
[[nodiscard]] std::string digest_of(const Source& source);
/// The same where the digest of its files is known.
[[nodiscard]] std::string digest_of(const std::string& files, const std::string& text);

/// A text file that is only appended to: "<fingerprint> <digest> <check>" a line, where the fingerprint is of
/// path, size, inode, times of modification and of status change, all in nanoseconds. The time of status
/// change cannot be set back by a program, so `touch -r` deceives nobody. A torn line fails its check and is
/// passed over.
class SourceDigestFile {
 public:
  explicit SourceDigestFile(boost::filesystem::path file);

  /// SHA-256 of one file as `sha256sum` prints it; of several, SHA-256 of their digests in this order, a line
  /// each.
  /// @throws Error(Io).
  std::string digest(const std::vector<boost::filesystem::path>& files);

 private:
  void load();
  void append(const std::string& fingerprint, const std::string& digest);

  boost::filesystem::path file_;
  std::mutex mutex_;
  bool loaded_ = false;
  std::unordered_map<std::string, std::string> known_;
};

}  // namespace isoscan::pipeline
