/// @file A file of pieces of bytes, each with its length and checksum: what was cut off is seen.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace isoscan::io {

/// Four bytes length and four bytes CRC-32 (both little-endian), then the bytes. At most 1 GiB.
[[nodiscard]] std::string piece(std::string_view bytes);

/// Reads up to `count` bytes at `offset`; fewer at the end.
using ReadAt = std::function<std::size_t(std::uint64_t offset, char* to, std::size_t count)>;

/// Calls `take` with each piece from the start, until one is cut, damaged or not taken.
/// @returns where the last good piece ends
std::uint64_t each_piece(const ReadAt& read, std::uint64_t size,
                         const std::function<bool(std::string_view)>& take);
std::uint64_t each_piece(std::string_view bytes, const std::function<bool(std::string_view)>& take);

}  // namespace isoscan::io
