#include "dicom_uid.hpp"

#include <algorithm>
#include <array>

#include "isoscan/core/digest.hpp"

namespace isoscan::io {

namespace {

using Uuid = std::array<unsigned, 16>;

std::string decimal(Uuid number) {
  std::string digits;
  while (std::any_of(number.begin(), number.end(), [](unsigned byte) { return byte != 0; })) {
    unsigned rest = 0;
    for (unsigned& byte : number) {
      const unsigned here = rest * 256 + byte;
      byte = here / 10;
      rest = here % 10;
    }
    digits += static_cast<char>('0' + rest);
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

std::string uid_of(std::string_view key, std::string_view text) {
  const std::string hex = core::hmac_sha256(key, text);
  Uuid bytes{};
  for (std::size_t b = 0; b < bytes.size(); ++b)
    bytes[b] = static_cast<unsigned>(std::stoul(hex.substr(2 * b, 2), nullptr, 16));
  bytes[6] = (bytes[6] & 0x0FU) | 0x80U;
  bytes[8] = (bytes[8] & 0x3FU) | 0x80U;
  return "2.25." + decimal(bytes);
}

std::string mapped_uid(std::string_view key, std::string_view uid) {
  return uid_of(key, std::string("isoscan uid\n").append(uid));
}

bool is_uid(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  bool start = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '.') {
      if (start) return false;
      start = true;
      continue;
    }
    if (text[at] < '0' || text[at] > '9') return false;
    if (start && text[at] == '0' && at + 1 < text.size() && text[at + 1] != '.') return false;
    start = false;
  }
  return !start;
}

}  // namespace isoscan::io
