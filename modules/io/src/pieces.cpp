#include "pieces.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <zlib.h>

#include "isoscan/core/error.hpp"

namespace isoscan::io {

namespace {

constexpr std::size_t kHead = 8;
constexpr std::uint32_t kLongest = 1U << 30;
constexpr std::size_t kBlock = 1U << 20;

std::uint32_t number_at(const char* bytes) {
  std::uint32_t value = 0;
  for (std::size_t b = 4; b-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[b]);
  return value;
}

void put(std::string& to, std::uint32_t value) {
  for (int b = 0; b < 4; ++b, value >>= 8U) to += static_cast<char>(value & 0xFFU);
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace

std::string piece(std::string_view bytes) {
  if (bytes.size() > kLongest)
    throw core::Error(core::ErrorKind::Resource, "a header of more than 1 GiB cannot be kept");
  std::string whole;
  whole.reserve(kHead + bytes.size());
  put(whole, static_cast<std::uint32_t>(bytes.size()));
  put(whole, checksum(bytes));
  return whole.append(bytes);
}

std::uint64_t each_piece(const ReadAt& read, std::uint64_t size,
                         const std::function<bool(std::string_view)>& take) {
  std::string block;  // bytes from `start` on
  std::uint64_t start = 0;
  std::uint64_t at = 0;
  const auto has = [&](std::uint64_t count) {
    if (count > size - at) return false;
    if (at + count <= start + block.size()) return true;
    block.erase(0, static_cast<std::size_t>(at - start));
    start = at;
    const std::size_t had = block.size();
    block.resize(std::max<std::size_t>(static_cast<std::size_t>(count), kBlock));
    block.resize(had + read(start + had, block.data() + had, block.size() - had));
    return count <= block.size();
  };
  const auto here = [&] { return block.data() + (at - start); };
  for (;;) {
    if (!has(kHead)) return at;
    const std::uint32_t length = number_at(here());
    if (length > kLongest || !has(kHead + length)) return at;
    const std::string_view bytes(here() + kHead, length);
    if (checksum(bytes) != number_at(here() + 4) || !take(bytes)) return at;
    at += kHead + length;
  }
}

std::uint64_t each_piece(std::string_view bytes, const std::function<bool(std::string_view)>& take) {
  return each_piece(
      [&](std::uint64_t offset, char* to, std::size_t count) {
        const std::string_view part = bytes.substr(std::min<std::uint64_t>(offset, bytes.size()), count);
        std::memcpy(to, part.data(), part.size());
        return part.size();
      },
      bytes.size(), take);
}

}  // namespace isoscan::io
