#include "isoscan/report/picture.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <png.h>

#include "isoscan/core/error.hpp"

namespace isoscan::report {
namespace {

/// Decoded by libpng as RGBA.
std::vector<std::uint8_t> decoded(const std::string& bytes, int& width, int& height) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()), 0) << image.message;
  image.format = PNG_FORMAT_RGBA;
  width = static_cast<int>(image.width);
  height = static_cast<int>(image.height);
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0) << image.message;
  return pixels;
}

TEST(Picture, GreyRgbAndIndexedPixelsComeBackFromPng) {
  Picture grey(5, 3, PixelKind::Grey);
  Picture rgb(5, 3, PixelKind::Rgb);
  Picture indexed(5, 3, PixelKind::Indexed);
  indexed.palette = {{0, 0, 0, 0}, {10, 200, 30, 255}, {255, 1, 2, 128}};
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 5; ++x) {
      grey.at(x, y) = static_cast<std::uint8_t>(40 * y + 7 * x);
      for (std::size_t c = 0; c < 3; ++c) rgb.at(x, y, c) = static_cast<std::uint8_t>(50 * c + 40 * y + x);
      indexed.at(x, y) = static_cast<std::uint8_t>((x + y) % 3);
    }
  }
  int width = 0;
  int height = 0;
  const auto grey_back = decoded(png(grey), width, height);
  ASSERT_EQ(width, 5);
  ASSERT_EQ(height, 3);
  const auto rgb_back = decoded(png(rgb), width, height);
  const auto indexed_back = decoded(png(indexed), width, height);
  ASSERT_EQ(indexed_back.size(), 60U);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 5; ++x) {
      const auto at = static_cast<std::size_t>(4 * (5 * y + x));
      for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_EQ(grey_back[at + c], grey.at(x, y));
        EXPECT_EQ(rgb_back[at + c], rgb.at(x, y, c));
        if (indexed.at(x, y) != 0) {
          EXPECT_EQ(indexed_back[at + c], indexed.palette[indexed.at(x, y)][c]);
        }
      }
      EXPECT_EQ(grey_back[at + 3], 255);
      EXPECT_EQ(indexed_back[at + 3], indexed.palette[indexed.at(x, y)][3]);
    }
  }
}

TEST(Picture, SamePixelsGiveSameBytes) {
  Picture picture(64, 64, PixelKind::Grey);
  for (std::size_t n = 0; n < picture.pixels.size(); ++n)
    picture.pixels[n] = static_cast<std::uint8_t>(n * 37);
  EXPECT_EQ(png(picture), png(picture));
}

TEST(Picture, FewColoursTakeFewBits) {
  Picture picture(64, 64, PixelKind::Indexed);
  for (int n = 0; n < 4; ++n) picture.palette.push_back({static_cast<std::uint8_t>(60 * n), 0, 0, 255});
  // Byte 24 of a PNG file is the bit depth of its header chunk.
  EXPECT_EQ(static_cast<int>(png(picture)[24]), 2);
}

TEST(Picture, MalformedPicturesAreRefused) {
  EXPECT_THROW(Picture(0, 4, PixelKind::Grey), core::Error);
  EXPECT_THROW(Picture(4, 20000, PixelKind::Grey), core::Error);
  Picture short_of_bytes(4, 4, PixelKind::Grey);
  short_of_bytes.pixels.pop_back();
  EXPECT_THROW((void)png(short_of_bytes), core::Error);
  Picture beyond(2, 2, PixelKind::Indexed);
  beyond.palette = {{0, 0, 0, 255}};
  beyond.pixels[3] = 1;
  EXPECT_THROW((void)png(beyond), core::Error);
}

TEST(Base64, FollowsTheExamplesOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
}

}  // namespace
}  // namespace isoscan::report
