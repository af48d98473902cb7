#include "public_message.hpp"

#include <string_view>

#include <boost/algorithm/string/replace.hpp>

namespace isoscan::pipeline {

namespace {

bool starts_path(char before) {
  return std::string_view(" \t'\"(<[=:,;").find(before) != std::string_view::npos;
}
bool ends_path(char c) {
  return std::string_view(" \t\n'\")>],;:").find(c) != std::string_view::npos;
}

/// "/a/b: bad" -> "<path>: bad". A path with blanks leaves its tail; inputs, the usual case, were replaced
/// whole before.
std::string without_absolute_paths(const std::string& message) {
  std::string text;
  for (std::size_t at = 0; at < message.size();) {
    const bool start = message[at] == '/' && (at == 0 || starts_path(message[at - 1])) &&
                       at + 1 < message.size() && !ends_path(message[at + 1]);
    if (!start) {
      text += message[at++];
      continue;
    }
    while (at < message.size() && !ends_path(message[at])) ++at;
    text += "<path>";
  }
  return text;
}

}  // namespace

std::string public_message(std::string message, const std::map<std::string, std::vector<InputItem>>& inputs) {
  for (const auto& [port, items] : inputs) {
    for (const InputItem& item : items) {
      for (const auto& file : item.files) {
        const std::string name = item.unit.empty() ? port : port + " of " + item.unit;
        if (!file.empty()) boost::replace_all(message, file.string(), name);
      }
    }
  }
  return without_absolute_paths(message);
}

}  // namespace isoscan::pipeline
