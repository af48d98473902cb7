/// @file DCMTK behind a door: quiet, bounded, without foreign types.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::io {

/// Group and element of an attribute.
struct DicomTag {
  unsigned short group = 0;
  unsigned short element = 0;
};

/// A data set, or an item of a sequence in one. Valid as long as its DicomFile.
class DicomItem {
 public:
  explicit DicomItem(void* dcmtk_item) : item_(dcmtk_item) {}

  [[nodiscard]] bool has(DicomTag tag) const;
  /// All values joined by backslashes, trimmed; empty where there is none or where it is longer than 64 kB.
  [[nodiscard]] std::string text(DicomTag tag) const;
  [[nodiscard]] std::optional<double> number(DicomTag tag, unsigned index = 0) const;
  /// Exactly `count` finite numbers, or nothing.
  [[nodiscard]] std::vector<double> numbers(DicomTag tag, std::size_t count) const;
  [[nodiscard]] std::vector<DicomItem> items(DicomTag sequence) const;
  [[nodiscard]] std::optional<DicomItem> first_item(DicomTag sequence) const;

 private:
  void* item_;
};

class DicomFile {
 public:
  /// Header: up to the pixels, which are not touched. Whole: pixels stay on disk until a frame is asked for.
  enum class Part { Header, Whole };
  /// @throws Error(Input|Io) in one line that names the file.
  DicomFile(const boost::filesystem::path& file, Part part);
  ~DicomFile();
  DicomFile(const DicomFile&) = delete;
  DicomFile& operator=(const DicomFile&) = delete;

  [[nodiscard]] DicomItem data() const;
  [[nodiscard]] std::string transfer_syntax() const;  ///< UID, as found
  /// Bytes of one frame as DCMTK decodes it, in this machine's byte order. `expected`: the size that rows,
  /// columns and bits ask for. @throws Error(Input) where it cannot be decoded or has another size.
  [[nodiscard]] std::vector<unsigned char> frame_bytes(unsigned frame, std::size_t expected);

 private:
  struct State;
  boost::filesystem::path file_;
  std::unique_ptr<State> state_;
};

}  // namespace isoscan::io
