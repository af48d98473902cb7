#include "isoscan/config/json.hpp"

#include <cmath>

#include "isoscan/core/files.hpp"

#include "nlohmann.hpp"

namespace isoscan::config {

namespace {

[[noreturn]] void refuse(std::string_view needed, const Json& value) {
  throw core::Error(core::ErrorKind::Config,
                    std::string(needed) + " is needed, this is " + std::string(kind_of(value)));
}

}  // namespace

Json::Json(double value) {
  if (std::isfinite(value)) value_ = value;
}

bool Json::as_bool() const {
  if (!is_bool()) refuse("a boolean", *this);
  return std::get<bool>(value_);
}

std::int64_t Json::as_integer() const {
  if (!is_integer()) refuse("an integer", *this);
  return std::get<std::int64_t>(value_);
}

double Json::as_number() const {
  if (!is_number()) refuse("a number", *this);
  return is_integer() ? static_cast<double>(std::get<std::int64_t>(value_)) : std::get<double>(value_);
}

const std::string& Json::as_string() const {
  if (!is_string()) refuse("a string", *this);
  return std::get<std::string>(value_);
}

const Json::Array& Json::items() const {
  if (!is_array()) refuse("an array", *this);
  return std::get<Array>(value_);
}

Json::Array& Json::items() {
  if (!is_array()) refuse("an array", *this);
  return std::get<Array>(value_);
}

const Json::Object& Json::members() const {
  if (!is_object()) refuse("an object", *this);
  return std::get<Object>(value_);
}

Json::Object& Json::members() {
  if (!is_object()) refuse("an object", *this);
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  const auto& object = std::get<Object>(value_);
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &found->second;
}

const Json& Json::at(std::string_view key) const {
  if (!is_object()) refuse("an object with '" + std::string(key) + "'", *this);
  const Json* member = find(key);
  if (member == nullptr) throw core::Error(core::ErrorKind::Config, "'" + std::string(key) + "' is missing");
  return *member;
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Object{};
  auto& object = members();
  const auto found = object.find(key);
  return found != object.end() ? found->second : object.emplace(std::string(key), Json()).first->second;
}

void Json::push_back(Json value) {
  if (is_null()) value_ = Array{};
  items().push_back(std::move(value));
}

std::string_view kind_of(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a boolean";
  if (value.is_integer()) return "an integer";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  return value.is_array() ? "an array" : "an object";
}

nlohmann::json to_nlohmann(const Json& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_integer()) return value.as_integer();
  if (value.is_number()) return value.as_number();
  if (value.is_string()) return value.as_string();
  if (value.is_array()) {
    auto array = nlohmann::json::array();
    for (const Json& item : value.items()) array.push_back(to_nlohmann(item));
    return array;
  }
  if (value.is_object()) {
    auto object = nlohmann::json::object();
    for (const auto& [key, member] : value.members()) object[key] = to_nlohmann(member);
    return object;
  }
  return nullptr;
}

std::string Json::dump() const {
  return to_nlohmann(*this).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string Json::dump_pretty() const {
  return to_nlohmann(*this).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Json read_json(const boost::filesystem::path& file, core::ErrorKind kind) {
  return Json::parse(core::read_file(file), file.string(), kind);
}

void write_json(const boost::filesystem::path& file, const Json& value) {
  core::write_file(file, value.dump_pretty());
}

}  // namespace isoscan::config
