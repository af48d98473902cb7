#include "dicom_pixels.hpp"

#include <cstring>
#include <fstream>

#include "isoscan/core/error.hpp"

#include "dicom_file.hpp"
#include "jpeg2000.hpp"

namespace isoscan::io {

using core::Error;
using core::ErrorKind;

namespace {

void check_bits(const DicomImage& image) {
  if (image.samples != 1) throw Error(ErrorKind::Input, image.file.string() + ": is a colour image");
  const bool floating = image.pixel_kind != PixelKind::Integer;
  const int width = image.pixel_kind == PixelKind::Float64 ? 64 : 32;
  const bool known =
      floating ? image.bits_allocated == width
               : image.bits_allocated == 8 || image.bits_allocated == 16 || image.bits_allocated == 32;
  const bool fits = image.bits_stored >= 1 && image.bits_stored <= image.bits_allocated &&
                    image.high_bit < image.bits_allocated && image.high_bit + 1 >= image.bits_stored;
  if (!known || (!floating && !fits)) {
    throw Error(ErrorKind::Input, image.file.string() + ": stores its pixels in " +
                                      std::to_string(image.bits_stored) + " of " +
                                      std::to_string(image.bits_allocated) + " bits, which cannot be read");
  }
}

/// Where one plane lies in the bytes of its frame.
struct PlaneBytes {
  const unsigned char* first = nullptr;
  std::size_t row_stride = 0;  ///< in pixels
  std::size_t rows = 0, columns = 0;
};

/// @param number  from the bytes of one pixel to the stored value
/// @return false where a stored value lies beyond the scale's range
template <typename T, typename Number>
bool convert(const PlaneBytes& plane, const PlaneScale& scale, Number number, float* values) {
  bool inside = true;
  const bool ranged = scale.lowest > -std::numeric_limits<double>::infinity() ||
                      scale.highest < std::numeric_limits<double>::infinity();
  const bool plain = scale.divisor == 1.0;
  for (std::size_t row = 0; row < plane.rows; ++row) {
    const unsigned char* from = plane.first + row * plane.row_stride * sizeof(T);
    float* const to = values + row * plane.columns;
    for (std::size_t column = 0; column < plane.columns; ++column) {
      T raw;
      std::memcpy(&raw, from + column * sizeof(T), sizeof(T));
      const auto stored = static_cast<double>(number(raw));
      if (ranged) inside = inside && stored >= scale.lowest && stored <= scale.highest;
      const double displayed = stored * scale.slope + scale.intercept;
      to[column] = static_cast<float>(plain ? displayed : displayed / scale.divisor);
    }
  }
  return inside;
}

/// BitsStored bits that end at HighBit, sign-extended where the header says signed.
template <typename Unsigned>
bool convert_bits(const DicomImage& image, const PlaneBytes& plane, const PlaneScale& scale, float* values) {
  const int up = 31 - image.high_bit;
  const int down = 32 - image.bits_stored;
  if (image.is_signed) {
    return convert<Unsigned>(
        plane, scale,
        [=](Unsigned raw) { return static_cast<std::int32_t>(std::uint32_t{raw} << up) >> down; }, values);
  }
  return convert<Unsigned>(
      plane, scale, [=](Unsigned raw) { return (std::uint32_t{raw} << up) >> down; }, values);
}

bool is_jpeg2000(const std::string& transfer_syntax) {
  return transfer_syntax == "1.2.840.10008.1.2.4.90" || transfer_syntax == "1.2.840.10008.1.2.4.91";
}

}  // namespace

struct DicomPixels::State {
  explicit State(const std::vector<DicomImage>& of) : images(of) {}

  const std::vector<DicomImage>& images;
  std::size_t open = SIZE_MAX;       ///< which image the next two are of
  std::ifstream plain;               ///< where pixels need no decoding
  std::unique_ptr<DicomFile> coded;  ///< where they do
  std::size_t image = SIZE_MAX;      ///< what `frame` holds
  unsigned number = 0;
  std::vector<unsigned char> frame;

  void load(const DicomFrame& plane) {
    if (image == plane.image && number == plane.number) return;
    image = SIZE_MAX;
    const DicomImage& from = images[plane.image];
    check_bits(from);
    const std::size_t bytes =
        static_cast<std::size_t>(from.rows) * static_cast<std::size_t>(from.tiles_down) *
        static_cast<std::size_t>(from.columns) * static_cast<std::size_t>(from.tiles_across) *
        static_cast<std::size_t>(from.bits_allocated / 8);
    if (from.pixel_offset != 0) {
      load_plain(plane, from, bytes);
    } else {
      decode(plane, from, bytes);
    }
    image = plane.image;
    number = plane.number;
  }

 private:
  void load_plain(const DicomFrame& plane, const DicomImage& from, std::size_t bytes) {
    if (open != plane.image || !plain.is_open()) {
      coded.reset();
      plain = std::ifstream(from.file.string(), std::ios::binary);
      open = plane.image;
    }
    frame.resize(bytes);
    plain.seekg(static_cast<std::streamoff>(from.pixel_offset + std::uint64_t{plane.number} * bytes));
    plain.read(reinterpret_cast<char*>(frame.data()), static_cast<std::streamsize>(bytes));
    if (!plain) {
      plain.close();
      throw Error(ErrorKind::Input, from.file.string() + ": frame " + std::to_string(plane.number + 1) +
                                        " cannot be read; the file is cut short or changed");
    }
  }

  void decode(const DicomFrame& plane, const DicomImage& from, std::size_t bytes) {
    if (from.pixel_kind != PixelKind::Integer) {
      throw Error(
          ErrorKind::Input,
          from.file.string() + ": floating-point pixels are read from plain little-endian files alone");
    }
    if (open != plane.image || coded == nullptr) {
      plain.close();
      coded = std::make_unique<DicomFile>(from.file, DicomFile::Part::Whole);
      open = plane.image;
    }
    if (is_jpeg2000(from.transfer_syntax)) {
      frame = decode_jpeg2000(
          from, coded->compressed_frame(plane.number, static_cast<unsigned>(from.file_frames)), bytes);
    } else {
      frame = coded->frame_bytes(plane.number, bytes);
    }
  }
};

DicomPixels::DicomPixels(const std::vector<DicomImage>& images) : state_(new State(images)) {}
DicomPixels::~DicomPixels() = default;

void DicomPixels::read(const DicomFrame& plane, const PlaneScale& scale, float* values) {
  state_->load(plane);
  const DicomImage& image = state_->images[plane.image];
  const auto across = static_cast<std::size_t>(image.tiles_across);
  PlaneBytes bytes;
  bytes.rows = static_cast<std::size_t>(image.rows);
  bytes.columns = static_cast<std::size_t>(image.columns);
  bytes.row_stride = bytes.columns * across;
  const std::size_t start =
      plane.tile / across * bytes.rows * bytes.row_stride + plane.tile % across * bytes.columns;
  bytes.first = state_->frame.data() + start * static_cast<std::size_t>(image.bits_allocated / 8);
  const auto as_it_is = [](auto raw) { return raw; };
  bool inside = true;
  if (image.pixel_kind == PixelKind::Float32) {
    inside = convert<float>(bytes, scale, as_it_is, values);
  } else if (image.pixel_kind == PixelKind::Float64) {
    inside = convert<double>(bytes, scale, as_it_is, values);
  } else if (image.bits_allocated == 8) {
    inside = convert_bits<std::uint8_t>(image, bytes, scale, values);
  } else if (image.bits_allocated == 16) {
    inside = convert_bits<std::uint16_t>(image, bytes, scale, values);
  } else {
    inside = convert_bits<std::uint32_t>(image, bytes, scale, values);
  }
  if (!inside) {
    throw Error(
        ErrorKind::Input,
        image.file.string() +
            ": holds stored values that its real-world mapping does not cover; read it with --scaling "
            "rescale");
  }
}

const char* stored_name(const DicomImage& image) {
  if (image.pixel_kind == PixelKind::Float32) return "float32";
  if (image.pixel_kind == PixelKind::Float64) return "float64";
  if (image.bits_allocated <= 8) return image.is_signed ? "int8" : "uint8";
  if (image.bits_allocated <= 16) return image.is_signed ? "int16" : "uint16";
  return image.is_signed ? "int32" : "uint32";
}

bool may_be_lossy(const std::string& syntax) {
  return syntax == "1.2.840.10008.1.2.4.50" || syntax == "1.2.840.10008.1.2.4.51" ||
         syntax == "1.2.840.10008.1.2.4.81" || syntax == "1.2.840.10008.1.2.4.91";
}

}  // namespace isoscan::io
