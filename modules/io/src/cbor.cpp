#include "cbor.hpp"

#include <cstdint>
#include <vector>

namespace isoscan::io {

namespace {

constexpr std::size_t kDeepest = 16;

/// RFC 8949, 3: three bits of type and five of length or value, then up to eight bytes of it.
bool is_sound(std::string_view bytes) {
  std::vector<std::uint64_t> wanted{1};  // items that each open container still wants
  while (!wanted.empty()) {
    if (wanted.back() == 0) {
      wanted.pop_back();
      continue;
    }
    --wanted.back();
    if (bytes.empty()) return false;
    const auto first = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    const unsigned type = first >> 5U;
    const unsigned short_value = first & 31U;
    if (short_value > 27 || type == 6) return false;
    std::uint64_t value = short_value;
    if (short_value >= 24) {
      const std::size_t width = std::size_t{1} << (short_value - 24);
      if (bytes.size() < width) return false;
      value = 0;
      for (std::size_t b = 0; b < width; ++b) value = value << 8U | static_cast<unsigned char>(bytes[b]);
      bytes.remove_prefix(width);
    }
    if (type == 2 || type == 3) {
      if (value > bytes.size()) return false;
      bytes.remove_prefix(static_cast<std::size_t>(value));
    } else if (type == 4 || type == 5) {
      if (value > bytes.size() || wanted.size() >= kDeepest) return false;  // an item is at least a byte
      wanted.push_back(type == 5 ? 2 * value : value);
    }
  }
  return bytes.empty();
}

}  // namespace

nlohmann::json value_of_cbor(std::string_view bytes) {
  if (!is_sound(bytes)) return nlohmann::json(nlohmann::json::value_t::discarded);
  return nlohmann::json::from_cbor(bytes, true, false);
}

}  // namespace isoscan::io
