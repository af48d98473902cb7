#include "dicom_pixels.hpp"

#include <cstring>

#include "isoscan/core/error.hpp"

#include "dicom_file.hpp"
#include "jpeg2000.hpp"

namespace isoscan::io {

using core::Error;
using core::ErrorKind;

namespace {

/// BitsStored bits that end at HighBit, sign-extended where the header says signed.
double stored_value(std::uint32_t raw, const DicomImage& image) {
  const int low = image.high_bit + 1 - image.bits_stored;
  const std::uint64_t mask = (std::uint64_t{1} << image.bits_stored) - 1;
  const std::uint64_t value = (std::uint64_t{raw} >> low) & mask;
  if (image.is_signed && (value >> (image.bits_stored - 1) & 1U) != 0) {
    return static_cast<double>(static_cast<std::int64_t>(value) - static_cast<std::int64_t>(mask) - 1);
  }
  return static_cast<double>(value);
}

void check_bits(const DicomImage& image) {
  const bool known = image.bits_allocated == 8 || image.bits_allocated == 16 || image.bits_allocated == 32;
  if (!known || image.bits_stored < 1 || image.bits_stored > image.bits_allocated ||
      image.high_bit >= image.bits_allocated || image.high_bit + 1 < image.bits_stored) {
    throw Error(ErrorKind::Input, image.file.string() + ": stores its pixels in " +
                                      std::to_string(image.bits_stored) + " of " +
                                      std::to_string(image.bits_allocated) + " bits, which cannot be read");
  }
}

}  // namespace

struct DicomPixels::State {
  const std::vector<DicomImage>& images;
  std::size_t open = SIZE_MAX;
  std::unique_ptr<DicomFile> file;
};

DicomPixels::DicomPixels(const std::vector<DicomImage>& images)
    : state_(new State{images, SIZE_MAX, nullptr}) {}
DicomPixels::~DicomPixels() = default;

std::vector<double> DicomPixels::rescaled(const DicomFrame& frame) {
  const DicomImage& image = state_->images[frame.image];
  const auto pixels = static_cast<std::size_t>(image.rows) * static_cast<std::size_t>(image.columns);
  if (image.samples != 1) throw Error(ErrorKind::Input, image.file.string() + ": is a colour image");
  if (is_jpeg2000(image.transfer_syntax)) {
    if (image.frames.size() != 1) {
      throw Error(ErrorKind::Input,
                  image.file.string() +
                      ": several frames in JPEG 2000 are not read; unpack it with another tool first");
    }
    return read_jpeg2000(image.file, pixels);  // rescaled by GDCM
  }
  check_bits(image);
  if (state_->open != frame.image) {
    state_->file = std::make_unique<DicomFile>(image.file, DicomFile::Part::Whole);
    state_->open = frame.image;
  }
  const auto width = static_cast<std::size_t>(image.bits_allocated / 8);
  const std::vector<unsigned char> bytes = state_->file->frame_bytes(frame.number, pixels * width);
  std::vector<double> values(pixels);
  for (std::size_t p = 0; p < pixels; ++p) {
    std::uint32_t raw = 0;
    std::memcpy(&raw, bytes.data() + p * width, width);
    values[p] = stored_value(raw, image) * frame.slope + frame.intercept;
  }
  return values;
}

bool is_jpeg2000(const std::string& transfer_syntax) {
  return transfer_syntax == "1.2.840.10008.1.2.4.90" || transfer_syntax == "1.2.840.10008.1.2.4.91";
}

}  // namespace isoscan::io
