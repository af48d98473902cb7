/// @file UIDs made from digests.
#pragma once

#include <string>
#include <string_view>

namespace isoscan::io {

/// "2.25." and a UUID of version 8 (RFC 9562) as a decimal number (PS3.5 B.2), from HMAC-SHA-256 of the text.
/// Up to 44 characters.
[[nodiscard]] std::string uid_of(std::string_view key, std::string_view text);

/// What stands for a UID of the source: one for each key, and the same wherever it is referred to.
[[nodiscard]] std::string mapped_uid(std::string_view key, std::string_view uid);

/// PS3.5 9.1: digits and points, at most 64, no component empty or with a leading zero.
[[nodiscard]] bool is_uid(std::string_view text);

}  // namespace isoscan::io
