/// @file The stream that DCMTK parses a file from, with a limit that DCMTK 3.6.7 lacks. Includes DCMTK: only for
/// dicom_file.cpp.
#pragma once

#include "dcmtk/config/osconfig.h"

#include <dcmtk/dcmdata/dcistrmf.h>

namespace isoscan::io {

/// DCMTK's parser calls itself for each sequence in a sequence, as deep as the file says: 20 bytes a level, so that a
/// file of 300 kB ends the program by running out of stack. Every level reads from its stream, which is where the depth
/// of the stack is seen and bounded: from there on the stream ends.
class BoundedDepthStream : public DcmInputFileStream {
 public:
  explicit BoundedDepthStream(const OFFilename& file);

  [[nodiscard]] OFBool good() const override;
  [[nodiscard]] OFCondition status() const override;
  OFBool eos() override;
  offile_off_t avail() override;
  offile_off_t read(void* bytes, offile_off_t count) override;

  /// Whether the limit was met.
  [[nodiscard]] bool too_deep() const { return too_deep_; }

 private:
  void look();

  const char* top_;
  bool too_deep_ = false;
};

}  // namespace isoscan::io
