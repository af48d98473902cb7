#include "isoscan/report/picture.hpp"

#include <png.h>

#include "isoscan/core/error.hpp"

namespace isoscan::report {
namespace {

constexpr int kMaxSide = 16384;

[[noreturn]] void malformed(const std::string& what) {
  throw core::Error(core::ErrorKind::Internal, "picture: " + what);
}

void require_sound(const Picture& picture) {
  if (picture.width < 1 || picture.height < 1 || picture.width > kMaxSide || picture.height > kMaxSide) {
    malformed("a side of " + std::to_string(picture.width) + " x " + std::to_string(picture.height) +
              " is not in 1..16384");
  }
  const std::size_t expected =
      static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * picture.channels();
  if (picture.pixels.size() != expected) malformed("the number of bytes does not fit its size");
  if (picture.kind == PixelKind::Indexed) {
    if (picture.palette.empty() || picture.palette.size() > 256) malformed("a palette holds 1..256 colours");
    for (const std::uint8_t place : picture.pixels) {
      if (place >= picture.palette.size()) malformed("a pixel points beyond the palette");
    }
  }
}

}  // namespace

Picture::Picture(int w, int h, PixelKind k) : width(w), height(h), kind(k) {
  if (w < 1 || h < 1 || w > kMaxSide || h > kMaxSide) {
    malformed("a side of " + std::to_string(w) + " x " + std::to_string(h) + " is not in 1..16384");
  }
  pixels.assign(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * channels(), 0);
}

std::string png(const Picture& picture) {
  require_sound(picture);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  switch (picture.kind) {
    case PixelKind::Grey:
      image.format = PNG_FORMAT_GRAY;
      break;
    case PixelKind::Rgb:
      image.format = PNG_FORMAT_RGB;
      break;
    case PixelKind::Indexed:
      image.format = PNG_FORMAT_RGBA_COLORMAP;
      image.colormap_entries = static_cast<png_uint_32>(picture.palette.size());
      break;
  }
  // libpng writes no more than this; asking it for the true size first would compress everything twice.
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  const void* palette = picture.palette.empty() ? nullptr : picture.palette.data();
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, palette) == 0) {
    const std::string why = image.message;
    png_image_free(&image);
    malformed("libpng: " + why);
  }
  bytes.resize(size);
  return bytes;
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const auto byte = [&](std::size_t k) -> std::uint32_t {
      return k < left ? static_cast<unsigned char>(bytes[i + k]) : 0U;
    };
    const std::uint32_t word = byte(0) << 16U | byte(1) << 8U | byte(2);
    text += kDigits[word >> 18U & 63U];
    text += kDigits[word >> 12U & 63U];
    text += left > 1 ? kDigits[word >> 6U & 63U] : '=';
    text += left > 2 ? kDigits[word & 63U] : '=';
  }
  return text;
}

}  // namespace isoscan::report
