/// @file The forms that a text in a package or site file may have.
#pragma once

#include <string_view>

namespace isoscan::domain {

/// At most 40 of a-z, 0-9, '_' and '-'.
[[nodiscard]] bool is_word(std::string_view text);
[[nodiscard]] bool is_number(std::string_view text);  ///< whole, from 0
[[nodiscard]] bool is_hex(std::string_view text);     ///< at most 64 digits; may be empty
[[nodiscard]] bool is_software(std::string_view text);
[[nodiscard]] bool is_plain_words(std::string_view text);
/// Of a transport map: numbers, widths, lower-case names.
[[nodiscard]] bool is_setting(std::string_view text);
/// A sentence of the program's own: no capital but in "Isoscan", no number of four digits or with two points,
/// none of the signs of DICOM names, paths and addresses.
[[nodiscard]] bool is_sentence(std::string_view text);

}  // namespace isoscan::domain
