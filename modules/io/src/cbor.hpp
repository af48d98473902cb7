/// @file CBOR (RFC 8949) as the journals and lists of a study hold it, read without trust.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

#include <nlohmann/json.hpp>

namespace isoscan::io {

/// The value; discarded (`is_discarded()`) where the bytes are damaged, go on behind it, nest deeper than 16,
/// or use what nlohmann's writer never does (lengths left open, tags). Its reader calls itself for each level
/// and each open length, as deep as the bytes say: 16 kB of them end a program by running out of stack, so
/// they are walked first.
[[nodiscard]] nlohmann::json value_of_cbor(std::string_view bytes);

/// nlohmann's `get_to`, which casts a floating number to a whole one whatever its size: undefined beyond the
/// range. Where whole numbers are wanted (alone, or as elements), nothing else is taken.
/// @throws nlohmann::json::exception
template <class Value>
void take_value(const nlohmann::json& from, Value& value) {
  constexpr auto require_whole = [](const nlohmann::json& number) {
    if (!number.is_number_integer())
      throw nlohmann::json::type_error::create(302, "a whole number is needed", &number);
  };
  if constexpr (std::is_enum_v<Value> || (std::is_integral_v<Value> && !std::is_same_v<Value, bool>)) {
    require_whole(from);
  } else if constexpr (requires { typename Value::value_type; }) {
    using Element = typename Value::value_type;
    constexpr bool text = std::is_same_v<Value, std::string>;
    if constexpr (std::is_integral_v<Element> && !std::is_same_v<Element, bool> && !text) {
      if (from.is_array()) std::for_each(from.begin(), from.end(), require_whole);
    }
  }
  from.get_to(value);
}

}  // namespace isoscan::io
