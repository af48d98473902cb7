#include "key_value.hpp"

#include "isoscan/core/error.hpp"

namespace isoscan::app {

using config::Json;

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw core::Error(core::ErrorKind::Config, what);
}

/// A value as JSON where it reads as such, else as text: bound=0.3, method=enot.
Json value_of(const std::string& text) {
  try {
    return Json::parse(text, "value");
  } catch (const core::Error&) {
    return text;
  }
}

}  // namespace

void set_value(Json& json, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    refuse("--set " + text + ": is not of the form KEY=VALUE, as options.bound=0.3");
  Json* at = &json;
  std::string key = text.substr(0, equals);
  for (auto dot = key.find('.'); dot != std::string::npos; dot = key.find('.')) {
    at = &(*at)[key.substr(0, dot)];
    if (!at->is_object() && !at->is_null())
      refuse("--set " + text + ": " + key.substr(0, dot) + " has no parts");
    key = key.substr(dot + 1);
  }
  (*at)[key] = value_of(text.substr(equals + 1));
}

}  // namespace isoscan::app
