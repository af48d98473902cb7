#include "text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace isoscan::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kFormula = "=+-@";  // what a spreadsheet runs

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 1;
  bool valid = false;
};

/// The code point at the front of non-empty text; overlong forms and surrogates are not valid.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t n) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[n]));
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {};
  std::uint32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t n = 1; n < length; ++n) {
    if (n >= text.size() || (byte(n) & 0xC0U) != 0x80U) return {};
    value = value << 6U | (byte(n) & 0x3FU);
  }
  static constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length, true};
}

bool is_control(std::uint32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0);
}

/// Marks that reorder what follows, or that are not seen at all.
bool is_invisible(std::uint32_t c) {
  return c == 0x061C || c == 0x200B || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0x2028 || c == 0x2029 ||
         (c >= 0xE0000 && c <= 0xE007F);
}

std::string written_out(std::uint32_t c) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), c, 16).ptr;
  std::string hex(digits.data(), end);
  std::transform(hex.begin(), hex.end(), hex.begin(),
                 [](char d) { return d >= 'a' ? static_cast<char>(d - 32) : d; });
  hex.insert(0, hex.size() < 4 ? 4 - hex.size() : 0, '0');
  return "[U+" + hex + "]";
}

}  // namespace

std::string made_visible(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    if (!c.valid || is_control(c.value)) {
      safe += kReplacement;
    } else if (is_invisible(c.value)) {
      safe += written_out(c.value);
    } else {
      safe += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
  return safe;
}

std::string escaped(std::string_view text) {
  std::string safe;
  safe.reserve(text.size() + text.size() / 8);
  for (const char c : made_visible(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      case '`':
        safe += "&#96;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string clipped(std::string_view text, std::size_t limit) {
  std::size_t characters = 0;
  std::size_t bytes = 0;
  while (bytes < text.size() && characters < limit) {
    bytes += first_code_point(text.substr(bytes)).length;
    ++characters;
  }
  std::string kept(text.substr(0, bytes));
  if (bytes < text.size()) kept += "\xE2\x80\xA6";
  return kept;
}

std::string table_field(std::string_view text) {
  std::string safe = made_visible(text);
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c == '\t' || c == '\n'; }, ' ');
  if (!safe.empty() && kFormula.find(safe.front()) != std::string_view::npos) safe.insert(0, "'");
  return safe;
}

std::string unguarded(const std::string& field) {
  const bool guarded =
      field.size() > 1 && field[0] == '\'' && kFormula.find(field[1]) != std::string_view::npos;
  return guarded ? field.substr(1) : field;
}

std::string relative_link(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string link = "./";
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '/';
    if (plain) {
      link += c;
    } else {
      link += '%';
      link += kHex[byte >> 4U];
      link += kHex[byte & 15U];
    }
  }
  return link;
}

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return "0";
  std::array<char, 352> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals).ptr;
  std::string result(text.data(), end);
  if (result.find_first_of("123456789") == std::string::npos && result.front() == '-') result.erase(0, 1);
  return result;
}

std::string number(double value, int digits) {
  if (!std::isfinite(value)) return "not a number";
  const double size = std::abs(value);
  std::string text;
  if (size == 0.0) {
    text = "0";
  } else if (size < 1e-4 || size >= 1e7) {
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::scientific, digits - 1)
                         .ptr;
    text.assign(buffer.data(), end);
  } else {
    const int before_point = static_cast<int>(std::floor(std::log10(size))) + 1;
    text = fixed(value, std::clamp(digits - before_point, 0, 8));
  }
  if (text.front() == '-') text.replace(0, 1, "\xE2\x88\x92");
  return text;
}

std::string tick_number(double value) {
  // Steps like 0.1 do not add up exactly; the fifth digit is never meant.
  std::string text = std::abs(value) < 1e-12 ? "0" : number(value, 5);
  if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string counted_scans(int scans, int people) {
  const std::string words = counted(static_cast<std::size_t>(std::max(0, scans)), "scan", "scans");
  return people > 0 && people < scans
             ? words + " of " + counted(static_cast<std::size_t>(people), "person", "people")
             : words;
}

}  // namespace isoscan::report
