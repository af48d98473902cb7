#include "isoscan/core/printable.hpp"

#include <gtest/gtest.h>

namespace isoscan::core {
namespace {

TEST(Printable, TextStaysAsItIs) {
  for (const std::string text : {"", "sub-01 T1w.nii.gz", "Größe/Ärzte", "日本語", "naïve 🧠", "a\\b"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, WhatWouldBreakALineOrATerminalIsWritten) {
  EXPECT_EQ(printable("a\nb\tc\r"), "a\\x0ab\\x09c\\x0d");
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");  // C1: another escape
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "txt"),
            "\\xe2\\x80\\xaetxt");                          // right-to-left override
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\xe2\\x80\\xa8");  // line separator
}

TEST(Printable, BytesThatAreNoUtf8AreWritten) {
  EXPECT_EQ(printable("M\xfcller"), "M\\xfcller");          // Latin-1
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(printable("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");  // cut
}

TEST(Printable, OfAnyBytesIsPrintable) {
  std::string all;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      all = {static_cast<char>(first), static_cast<char>(second)};
      const std::string shown = printable(all);
      EXPECT_EQ(printable(shown), shown);
      for (const char c : shown) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }
  }
}

}  // namespace
}  // namespace isoscan::core
