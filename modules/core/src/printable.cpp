#include "isoscan/core/printable.hpp"

#include <cstdint>

namespace isoscan::core {

namespace {

/// Length of the UTF-8 character at the start of `text` and its code point; 0 where it is none (RFC 3629: no
/// overlong form, no surrogate, at most U+10FFFF).
std::size_t utf8(std::string_view text, std::uint32_t& code) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    code = first;
    return 1;
  }
  const std::size_t length = first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first >= 0xF5 || text.size() < length) return 0;
  code = first & (0xFFU >> (length + 1));
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (byte(at) & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return 0;
  return length;
}

bool shows(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7F && code <= 0x9F)) return false;
  if (code >= 0x2028 && code <= 0x202E) return false;  // separators, embeddings, overrides
  return !(code >= 0x2066 && code <= 0x2069) && code != 0x200E && code != 0x200F && code != 0xFEFF;
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string shown;
  while (!text.empty()) {
    std::uint32_t code = 0;
    const std::size_t length = utf8(text, code);
    if (length > 0 && shows(code)) {
      shown += text.substr(0, length);
    } else {
      for (const char c : text.substr(0, length == 0 ? 1 : length)) {
        shown += "\\x";
        shown += kDigits[static_cast<unsigned char>(c) >> 4U];
        shown += kDigits[static_cast<unsigned char>(c) & 15U];
      }
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return shown;
}

}  // namespace isoscan::core
