/// @file The headers of a whole tree, small enough for memory, and kept in a journal so that nothing is read
/// twice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/append_file.hpp"
#include "isoscan/core/context.hpp"

#include "candidates.hpp"
#include "dicom_image.hpp"

namespace isoscan::io {

/// What became of reading one file's header.
enum class HeaderState : std::uint8_t {
  Image,   ///< a DICOM object
  Broken,  ///< DICOM that cannot be read, or a file that cannot be opened
  Other,   ///< its first bytes say that it is no DICOM
};

struct HeaderEntry {
  std::string path;  ///< as it was given
  std::string own;   ///< of the record; the reason of a broken one, without paths
  std::uint32_t common = 0;
  HeaderState state = HeaderState::Other;
  FileStamp stamp;
};

class HeaderStore {
 public:
  /// In memory alone.
  HeaderStore();
  ~HeaderStore();
  /// With a journal, that is gone on with where its layout is ours: a last piece that was cut is dropped.
  /// @throws Error(Io|Config) as AppendFile does.
  explicit HeaderStore(const boost::filesystem::path& journal);

  /// Reads what the journal does not hold already (same path, size and time), on `context.threads` threads;
  /// entries come in the order of `files`, whatever the threads; no file stands there twice. Says how fast
  /// it goes.
  /// @returns where the first of them is
  std::size_t read(const std::vector<boost::filesystem::path>& files, const core::Context& context);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const HeaderEntry& operator[](std::size_t n) const { return entries_[n]; }
  /// The image of an entry in the state Image.
  [[nodiscard]] DicomImage image(std::size_t n) const;
  /// How many headers the journal spared.
  [[nodiscard]] std::size_t reused() const { return reused_; }
  /// Writes the journal anew where it holds what is no longer in the tree: then its bytes are those of a run
  /// that was never stopped.
  void tidy();

 private:
  void load();
  void keep(HeaderEntry entry, const std::string& common, std::string& to_append);
  [[nodiscard]] std::string head() const;

  std::unique_ptr<core::AppendFile> journal_;
  std::vector<std::string> commons_;
  std::unordered_map<std::string, std::uint32_t> known_;  ///< digest of a common part -> its number
  std::vector<HeaderEntry> entries_;
  std::unordered_map<std::string, HeaderEntry> old_;  ///< of the journal, not asked for yet
  std::size_t reused_ = 0;
};

}  // namespace isoscan::io
