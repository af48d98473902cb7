/// @file CBOR (RFC 8949) as the journals and lists of a study hold it, read without trust.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace isoscan::io {

/// The value; discarded (`is_discarded()`) where the bytes are damaged, go on behind it, nest deeper than 16,
/// or use what nlohmann's writer never does (lengths left open, tags). Its reader calls itself for each level
/// and each open length, as deep as the bytes say: 16 kB of them end a program by running out of stack, so
/// they are walked first.
[[nodiscard]] nlohmann::json value_of_cbor(std::string_view bytes);

}  // namespace isoscan::io
