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

/// What a run is given is called by its name, "the scan"; results of stages keep that of their port.
std::string words_of(const std::string& port) {
  constexpr std::string_view kGiven = "source/";
  return port.starts_with(kGiven) ? "the " + port.substr(kGiven.size()) : port;
}

}  // namespace

std::string public_message(std::string message, const std::map<std::string, std::vector<InputItem>>& inputs) {
  for (const auto& [port, items] : inputs) {
    for (const InputItem& item : items) {
      for (const auto& file : item.files) {
        const std::string name = words_of(port) + (item.unit.empty() ? "" : " of " + item.unit);
        if (!file.empty()) boost::replace_all(message, file.string(), name);
      }
    }
  }
  return without_absolute_paths(message);
}

}  // namespace isoscan::pipeline
