/// @file Optional numbers and lists of named texts in records. Private to report.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/report/scan_report.hpp"

namespace isoscan::report {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

inline config::Json optional_json(const std::optional<double>& value) {
  return value ? config::Json(*value) : config::Json();
}

/// Null, or no such member: nothing.
inline std::optional<double> optional_number(const config::Json& json, const char* key) {
  const config::Json* value = json.find(key);
  return value == nullptr || value->is_null() ? std::nullopt : std::optional(value->as_number());
}

/// Null, or no such member: "".
inline std::string text_or_none(const config::Json& json, const char* key) {
  const config::Json* value = json.find(key);
  return value == nullptr || value->is_null() ? std::string() : value->as_string();
}

inline config::Json range_json(const std::optional<Range>& range) {
  if (!range) return {};
  return config::Json(config::Json::Array{range->low, range->high});
}

inline std::optional<Range> optional_range(const config::Json& json, const char* key) {
  const config::Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return Range{value->items().at(0).as_number(), value->items().at(1).as_number()};
}

/// [["name", "text"], ...]: the order is kept, and a name may come twice.
inline config::Json texts_json(const NamedTexts& texts) {
  config::Json::Array list;
  for (const auto& [name, text] : texts) list.emplace_back(config::Json::Array{name, text});
  return config::Json(std::move(list));
}

inline NamedTexts texts_of(const config::Json& json) {
  NamedTexts texts;
  for (const config::Json& item : json.items())
    texts.emplace_back(item.items().at(0).as_string(), item.items().at(1).as_string());
  return texts;
}

inline std::vector<std::string> strings_of(const config::Json& json) {
  std::vector<std::string> strings;
  for (const config::Json& item : json.items()) strings.push_back(item.as_string());
  return strings;
}

inline std::vector<double> numbers_of(const config::Json& json) {
  std::vector<double> numbers;
  for (const config::Json& item : json.items()) numbers.push_back(item.as_number());
  return numbers;
}

/// 3 of "isoscan-scan-report-3": schemas hold the forms that there are.
inline int form_of(const config::Json& record) {
  const std::string& format = record.at("format").as_string();
  return std::stoi(format.substr(format.rfind('-') + 1));
}

[[nodiscard]] const char* name(Direction direction);  ///< "higher", "lower", "near", "neither"
/// @throws core::Error(Input) where there is no such name.
[[nodiscard]] Direction direction_named(const std::string& word);
[[nodiscard]] Verdict verdict_named(const std::string& word);

}  // namespace isoscan::report
