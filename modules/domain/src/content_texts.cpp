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
  int digits = 0;
  for (std::size_t n = 0; n < text.size(); ++n) {
    const char c = text[n];
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > 3) return false;
    const bool lower = c >= 'a' && c <= 'z';
    const bool own_name = text.substr(n).starts_with("Isoscan");
    if (!lower && digits == 0 && !own_name &&
        std::string_view(" .,:;()'%`-").find(c) == std::string_view::npos)
      return false;
  }
  return true;
}

}  // namespace isoscan::domain
