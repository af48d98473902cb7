#include "content_texts.hpp"

#include <algorithm>

namespace isoscan::domain {

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_hex(std::string_view text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_software(std::string_view text) {
  return text.starts_with("isoscan ") && text.size() <= 40 &&
         std::all_of(text.begin() + 8, text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

bool is_plain_words(std::string_view text) {
  return text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ' || c == '-';
         });
}

bool is_setting(std::string_view text) {
  return text.size() <= 400 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  std::string_view(" .,+-_").find(c) != std::string_view::npos;
         });
}

/// A sentence of the program's own: no capital but in "Isoscan", no number of four digits or more, none of
/// the signs of DICOM names, paths and addresses.
bool is_sentence(std::string_view text) {
  if (text.empty() || text.size() > 400) return false;
  const auto is_digit = [&](std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  int digits = 0;         // of the number at hand, since its start or its point
  bool fraction = false;  // its point is behind
  for (std::size_t n = 0; n < text.size(); ++n) {
    const char c = text[n];
    if (is_digit(n)) {
      if (++digits > 3) return false;
    } else if (c == '.' && digits > 0 && is_digit(n + 1)) {
      if (fraction) return false;  // 1.2.840: no number, but an identifier
      fraction = true;
      digits = 0;
    } else {
      fraction = false;
      digits = 0;
      const bool lower = c >= 'a' && c <= 'z';
      const bool own_name = text.substr(n).starts_with("Isoscan");
      if (!lower && !own_name && std::string_view(" .,:;()'%`-").find(c) == std::string_view::npos)
        return false;
    }
  }
  return true;
}

}  // namespace isoscan::domain
