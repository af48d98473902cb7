/// @file DCMTK behind a door: quiet, bounded, without foreign types.
#pragma once

#include <cstdint>
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

  /// Where a device's own attribute stands: PS3.5, 7.8.1: the creator's name reserves a block of 256.
  /// @param creator  how the creator's name begins  @param offset  low byte of the element
  [[nodiscard]] std::optional<DicomTag> private_tag(unsigned short group, const char* creator,
                                                    unsigned char offset) const;
  /// A number in text, a single float, or a 16-bit whole number, as a device wrote it: also where its type
  /// was lost (VR UN, as in implicit files).
  [[nodiscard]] std::optional<double> private_number(DicomTag tag) const;
  [[nodiscard]] std::optional<double> private_float(DicomTag tag) const;
  [[nodiscard]] std::optional<double> private_short(DicomTag tag) const;
  /// Bytes of a binary attribute; empty where there is none or where it is longer than `most`.
  [[nodiscard]] std::vector<unsigned char> bytes(DicomTag tag, std::size_t most) const;

 private:
  void* item_;
};

/// Where pixels lie that need no decoding.
struct PlainPixels {
  std::uint64_t offset = 0;  ///< in the file; 0: they must be decoded
  std::uint64_t bytes = 0;
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
  /// Element of the pixels in group 7FE0: 0x10 integers, 0x8 float, 0x9 double; 0 where there are none. Of a
  /// header alone.
  [[nodiscard]] unsigned pixel_element() const;
  /// Of a header alone: little-endian and neither compressed nor deflated.
  [[nodiscard]] PlainPixels plain_pixels() const;
  /// Bytes of one frame as DCMTK decodes it, in this machine's byte order. `expected`: the size that rows,
  /// columns and bits ask for. Fastest when frames are asked for in order.
  /// @throws Error(Input) where it cannot be decoded or has another size.
  [[nodiscard]] std::vector<unsigned char> frame_bytes(unsigned frame, std::size_t expected);
  /// The compressed bytes of one frame of `frames` (PS3.5, A.4: a fragment a frame, or an offset table).
  /// @throws Error(Input) where they cannot be told apart.
  [[nodiscard]] std::vector<unsigned char> compressed_frame(unsigned frame, unsigned frames);

 private:
  struct State;
  [[noreturn]] void fail(unsigned frame, const std::string& what) const;
  boost::filesystem::path file_;
  std::unique_ptr<State> state_;
};

}  // namespace isoscan::io
