/// @file Text from files, made safe to show: names and header values may be hostile.
#pragma once

#include <string>
#include <string_view>

namespace isoscan::core {

/// One line that a terminal shows as it is: control characters (C0, DEL, C1, line and paragraph separators,
/// marks that change the direction of writing) and bytes that are no UTF-8 become "\xNN". Other text, blanks
/// included, stays as it is.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace isoscan::core
