/// @file The stream that DCMTK parses a file from, with the limits that DCMTK 3.6.7 lacks. Includes DCMTK:
/// only for dicom_file.cpp.
#pragma once

#include "dcmtk/config/osconfig.h"

#include <memory>
#include <optional>
#include <vector>

#include <dcmtk/dcmdata/dcistrmf.h>

namespace isoscan::io {

/// What a deflated data set unpacked to.
using DicomBytes = std::shared_ptr<const std::vector<unsigned char>>;

/// Bytes of a file, or of the memory that its deflated part was unpacked into.
class DicomProducer : public DcmProducer {
 public:
  explicit DicomProducer(const OFFilename& file) : file_(std::in_place, file) {}
  DicomProducer(DicomBytes bytes, offile_off_t at) : bytes_(std::move(bytes)), at_(at) {}

  /// From here on the file is deflated (PS3.5, A.5): all of it is unpacked. Bad where it is damaged, cut
  /// short, or more than 512 MB.
  OFCondition unpack();
  [[nodiscard]] DicomBytes bytes() const { return bytes_; }
  [[nodiscard]] offile_off_t at() const { return at_; }

  [[nodiscard]] OFBool good() const override { return status().good(); }
  [[nodiscard]] OFCondition status() const override;
  OFBool eos() override;
  offile_off_t avail() override;
  offile_off_t read(void* to, offile_off_t count) override;
  offile_off_t skip(offile_off_t count) override;
  void putback(offile_off_t count) override;

 private:
  [[nodiscard]] offile_off_t left() const { return static_cast<offile_off_t>(bytes_->size()) - at_; }

  std::optional<DcmFileProducer> file_;
  DicomBytes bytes_;
  offile_off_t at_ = 0;
  OFCondition status_ = EC_Normal;
};

/// Two limits:
/// - DCMTK's parser calls itself for each sequence in a sequence, as deep as the file says: 20 bytes a level,
/// so that a
///   file of 300 kB ends the program by running out of stack. Every level asks its stream, which is where the
///   depth of the stack is seen: beyond a limit the stream is bad.
/// - DCMTK leaves long values on disk until they are asked for, but in a deflated data set it allocates what
/// their header
///   claims. Here these stay in the unpacked bytes, which are bounded, and a claim costs nothing.
class DicomStream : public DcmInputStream {
 public:
  explicit DicomStream(const OFFilename& file);
  DicomStream(DicomBytes bytes, offile_off_t at);

  [[nodiscard]] OFBool good() const override { return status().good(); }
  [[nodiscard]] OFCondition status() const override;
  OFBool eos() override;
  offile_off_t avail() override;
  offile_off_t read(void* to, offile_off_t count) override;
  OFCondition installCompressionFilter(E_StreamCompression kind) override;
  [[nodiscard]] DcmInputStreamFactory* newFactory() const override;

  [[nodiscard]] bool too_deep() const { return too_deep_; }

 private:
  void look();

  OFFilename name_;
  DicomProducer producer_;
  const char* top_;
  bool too_deep_ = false;
};

}  // namespace isoscan::io
