/// @file Text that came from a file, or is a file's name, on its way into a message.
#pragma once

#include <string>

namespace isoscan::core {

/// Control characters (line breaks and terminal codes among them) become '?': messages are one line each, and
/// a file cannot write to somebody's terminal.
[[nodiscard]] std::string one_line(std::string text);

}  // namespace isoscan::core
