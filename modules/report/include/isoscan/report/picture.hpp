/// @file Pixels, and their PNG bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isoscan::report {

enum class PixelKind : std::uint8_t {
  Grey,     ///< one byte a pixel, 0 black .. 255 white
  Rgb,      ///< three bytes a pixel
  Indexed,  ///< one byte a pixel, a place in the palette
};

using Rgba = std::array<std::uint8_t, 4>;

/// Row-major from the top left corner.
struct Picture {
  int width = 0;
  int height = 0;
  PixelKind kind = PixelKind::Grey;
  std::vector<std::uint8_t> pixels;  ///< width * height * (Rgb: 3, else 1) bytes
  std::vector<Rgba> palette;         ///< Indexed: 1..256 colours with opacity, else empty

  Picture() = default;
  /// All zero. @throws core::Error(Internal) where a side is not in 1..16384.
  Picture(int width, int height, PixelKind kind);

  [[nodiscard]] std::size_t channels() const { return kind == PixelKind::Rgb ? 3 : 1; }
  [[nodiscard]] std::uint8_t& at(int x, int y, std::size_t channel = 0) {
    return pixels[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                   static_cast<std::size_t>(x)) *
                      channels() +
                  channel];
  }
  [[nodiscard]] std::uint8_t at(int x, int y, std::size_t channel = 0) const {
    return const_cast<Picture*>(this)->at(x, y, channel);
  }
};

/// The picture as a PNG file (libpng): no time stamp, no text, so the same picture gives the same bytes.
/// Indexed pictures take the fewest bits that hold their palette. @throws core::Error(Internal) on a
/// malformed picture.
[[nodiscard]] std::string png(const Picture& picture);

/// RFC 4648, with padding, without line breaks.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace isoscan::report
