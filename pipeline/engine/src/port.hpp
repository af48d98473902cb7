/// @file "prepare/image.nii.gz", "source/mask?" in parts.
#pragma once

#include <string>

namespace isoscan::pipeline {

struct PortName {
  std::string from;  ///< a stage, "source" or "shared"
  std::string name;
  bool optional = false;
  [[nodiscard]] bool of_source() const { return from == "source"; }
  [[nodiscard]] bool of_run() const { return from == "shared"; }
  /// Without '?'.
  [[nodiscard]] std::string text() const { return from + "/" + name; }
};

/// Both parts are empty where the text has not this form.
[[nodiscard]] inline PortName port_name(std::string text) {
  PortName port;
  if (!text.empty() && text.back() == '?') {
    port.optional = true;
    text.pop_back();
  }
  const auto slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) return port;
  port.from = text.substr(0, slash);
  port.name = text.substr(slash + 1);
  return port;
}

}  // namespace isoscan::pipeline
