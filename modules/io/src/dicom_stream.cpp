#include "dicom_stream.hpp"

#include <cstddef>
#include <cstdlib>

#include <dcmtk/dcmdata/dcerror.h>

namespace isoscan::io {

namespace {

// Some 1500 levels; images have fewer than ten. Threads have a stack of 8 MB.
constexpr std::ptrdiff_t kDeepestStackBytes = std::ptrdiff_t{1} << 20;

const char* stack_here() {
  return static_cast<const char*>(__builtin_frame_address(0));
}

}  // namespace

BoundedDepthStream::BoundedDepthStream(const OFFilename& file)
    : DcmInputFileStream(file, 0), top_(stack_here()) {}

void BoundedDepthStream::look() {
  too_deep_ = too_deep_ || std::abs(top_ - stack_here()) > kDeepestStackBytes;
}

OFBool BoundedDepthStream::good() const {
  return !too_deep_ && DcmInputFileStream::good();
}

OFCondition BoundedDepthStream::status() const {
  return too_deep_ ? EC_CorruptedData : DcmInputFileStream::status();
}

OFBool BoundedDepthStream::eos() {
  return too_deep_ || DcmInputFileStream::eos();
}

offile_off_t BoundedDepthStream::avail() {
  look();
  return too_deep_ ? 0 : DcmInputFileStream::avail();
}

offile_off_t BoundedDepthStream::read(void* bytes, offile_off_t count) {
  look();
  return too_deep_ ? 0 : DcmInputFileStream::read(bytes, count);
}

}  // namespace isoscan::io
