/// @file JSON as a plain value. Members are kept in the order of their keys, so that equal values give equal
/// text.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/error.hpp"

namespace isoscan::config {

/// null, bool, integer, number, string, array or object.
///     Json options(Json::Object{{"bound", 0.35}, {"method", "enot"}});
///     options["bound"].as_number();
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  Json() = default;
  Json(std::nullptr_t) {}
  template <std::same_as<bool> B>
  Json(B value) : value_(value) {}
  /// @throws Error(Config) above 2^63-1.
  template <std::integral I>
  requires(!std::same_as<I, bool>) Json(I value) : value_(checked_integer(value)) {}
  /// JSON has no NaN and no infinity: both become null.
  Json(double value);
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  /// An array of what `values` holds: strings, numbers, Json.
  template <class Range>
  static Json array(const Range& values) {
    Array items;
    for (const auto& value : values) items.emplace_back(value);
    return {std::move(items)};
  }

  /// @param name  what the text is, for messages: the file
  /// @throws Error(kind) with line and column: not JSON, a key twice in one object, an integer beyond 64
  /// bits, nested
  ///         more than 100 deep.
  static Json parse(std::string_view text, const std::string& name,
                    core::ErrorKind kind = core::ErrorKind::Config);

  /// One line, no blanks, keys sorted, numbers in the shortest form that reads back equal: fit to be hashed.
  /// Bytes that are not UTF-8 become U+FFFD.
  [[nodiscard]] std::string dump() const;
  /// For people: indented by two, ends with a newline.
  [[nodiscard]] std::string dump_pretty() const;

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] bool is_bool() const { return std::holds_alternative<bool>(value_); }
  [[nodiscard]] bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  [[nodiscard]] bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(value_); }

  /// The value as what is asked for. @throws Error(Config) "a number is needed, this is a string".
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::int64_t as_integer() const;
  [[nodiscard]] double as_number() const;
  [[nodiscard]] const std::string& as_string() const;
  [[nodiscard]] const Array& items() const;
  [[nodiscard]] Array& items();
  [[nodiscard]] const Object& members() const;
  [[nodiscard]] Object& members();

  /// The member, or null (the pointer) where there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view key) const;
  [[nodiscard]] bool contains(std::string_view key) const { return find(key) != nullptr; }
  /// @throws Error(Config) naming the key.
  [[nodiscard]] const Json& at(std::string_view key) const;
  /// The member, made where it is missing; null becomes an object.
  Json& operator[](std::string_view key);
  /// Appends to the array; null becomes an array.
  void push_back(Json value);

  friend bool operator==(const Json&, const Json&) = default;

 private:
  template <std::integral I>
  static std::int64_t checked_integer(I value) {
    if (!std::in_range<std::int64_t>(value)) {
      throw core::Error(core::ErrorKind::Config,
                        "the integer " + std::to_string(value) + " is too large for JSON here");
    }
    return static_cast<std::int64_t>(value);
  }

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

/// "null", "a boolean", "an integer", "a number", "a string", "an array", "an object".
[[nodiscard]] std::string_view kind_of(const Json& value);

/// Reads and parses a file. @throws Error(Io) where it cannot be read; Error(kind) naming the file where it
/// is not JSON.
[[nodiscard]] Json read_json(const boost::filesystem::path& file,
                             core::ErrorKind kind = core::ErrorKind::Config);
/// Writes `dump_pretty()`, whole or not at all.
void write_json(const boost::filesystem::path& file, const Json& value);

}  // namespace isoscan::config
