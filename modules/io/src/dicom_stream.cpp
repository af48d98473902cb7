#include "dicom_stream.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <dcmtk/dcmdata/dcerror.h>
#include <zlib.h>

namespace isoscan::io {

namespace {

// Some thousand levels; images have fewer than ten. Threads have a stack of 8 MB.
constexpr std::ptrdiff_t kDeepestStackBytes = std::ptrdiff_t{1} << 20;
constexpr std::size_t kMostUnpacked = std::size_t{512} << 20;

const char* stack_here() {
  return static_cast<const char*>(__builtin_frame_address(0));
}

/// How many bytes a raw deflate stream (no zlib header: PS3.5, A.5) holds, into `out` where it is given. 0
/// where it is damaged or cut short; stops counting beyond kMostUnpacked.
std::size_t inflated(const std::vector<unsigned char>& packed, std::vector<unsigned char>* out) {
  z_stream z{};
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return 0;
  z.next_in = const_cast<unsigned char*>(packed.data());
  z.avail_in = static_cast<uInt>(packed.size());
  std::vector<unsigned char> block(out != nullptr ? 0 : std::size_t{1} << 16);
  int code = Z_OK;
  do {
    z.next_out = out != nullptr ? out->data() + z.total_out : block.data();
    z.avail_out = static_cast<uInt>(out != nullptr ? out->size() - z.total_out : block.size());
    code = inflate(&z, Z_NO_FLUSH);
  } while (code == Z_OK && z.total_out <= kMostUnpacked);
  const std::size_t length = z.total_out;
  inflateEnd(&z);
  return code == Z_STREAM_END || length > kMostUnpacked ? length : 0;
}

/// Opens the unpacked bytes anew for a value that was left unread.
class DicomBytesFactory : public DcmInputStreamFactory {
 public:
  DicomBytesFactory(DicomBytes bytes, offile_off_t at) : bytes_(std::move(bytes)), at_(at) {}
  [[nodiscard]] DcmInputStream* create() const override { return new DicomStream(bytes_, at_); }
  [[nodiscard]] DcmInputStreamFactory* clone() const override { return new DicomBytesFactory(*this); }
  [[nodiscard]] DcmInputStreamFactoryType ident() const override { return DFT_DcmInputTempFileStreamFactory; }

 private:
  DicomBytes bytes_;
  offile_off_t at_;
};

}  // namespace

OFCondition DicomProducer::unpack() {
  if (!file_ || file_->avail() > static_cast<offile_off_t>(kMostUnpacked)) return status_ = EC_CorruptedData;
  std::vector<unsigned char> packed(static_cast<std::size_t>(std::max<offile_off_t>(file_->avail(), 0)));
  packed.resize(
      static_cast<std::size_t>(file_->read(packed.data(), static_cast<offile_off_t>(packed.size()))));
  // Twice: how long it gets, then into memory of that length.
  const std::size_t length = inflated(packed, nullptr);
  if (length == 0 || length > kMostUnpacked) return status_ = EC_CorruptedData;
  auto bytes = std::make_shared<std::vector<unsigned char>>(length);
  inflated(packed, bytes.get());
  bytes_ = std::move(bytes);
  at_ = 0;
  file_.reset();
  return status_;
}

OFCondition DicomProducer::status() const {
  return status_.good() && file_ ? file_->status() : status_;
}

OFBool DicomProducer::eos() {
  return file_ ? file_->eos() : left() <= 0;
}

offile_off_t DicomProducer::avail() {
  return file_ ? file_->avail() : left();
}

offile_off_t DicomProducer::read(void* to, offile_off_t count) {
  if (file_) return file_->read(to, count);
  const offile_off_t now = std::clamp<offile_off_t>(count, 0, left());
  if (now > 0) std::memcpy(to, bytes_->data() + at_, static_cast<std::size_t>(now));
  at_ += now;
  return now;
}

offile_off_t DicomProducer::skip(offile_off_t count) {
  if (file_) return file_->skip(count);
  const offile_off_t now = std::clamp<offile_off_t>(count, 0, left());
  at_ += now;
  return now;
}

void DicomProducer::putback(offile_off_t count) {
  if (file_) {
    file_->putback(count);
  } else {
    at_ -= std::clamp<offile_off_t>(count, 0, at_);
  }
}

DicomStream::DicomStream(const OFFilename& file)
    : DcmInputStream(&producer_), name_(file), producer_(file), top_(stack_here()) {}

DicomStream::DicomStream(DicomBytes bytes, offile_off_t at)
    : DcmInputStream(&producer_), producer_(std::move(bytes), at), top_(stack_here()) {}

void DicomStream::look() {
  too_deep_ = too_deep_ || std::abs(top_ - stack_here()) > kDeepestStackBytes;
}

OFCondition DicomStream::status() const {
  return too_deep_ ? EC_CorruptedData : DcmInputStream::status();
}

OFBool DicomStream::eos() {
  return too_deep_ || DcmInputStream::eos();
}

offile_off_t DicomStream::avail() {
  look();
  return too_deep_ ? 0 : DcmInputStream::avail();
}

offile_off_t DicomStream::read(void* to, offile_off_t count) {
  look();
  return too_deep_ ? 0 : DcmInputStream::read(to, count);
}

OFCondition DicomStream::installCompressionFilter(E_StreamCompression kind) {
  return kind == ESC_zlib ? producer_.unpack() : EC_UnsupportedEncoding;
}

DcmInputStreamFactory* DicomStream::newFactory() const {
  if (producer_.bytes()) return new DicomBytesFactory(producer_.bytes(), producer_.at());
  return new DcmInputFileStreamFactory(name_, tell());
}

}  // namespace isoscan::io
