/// @file Words and numbers on a page. Text from files is hostile until it went through `escaped`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace isoscan::report {

/// Bytes that are no UTF-8 and control characters become U+FFFD; marks that change the direction of text are
/// written out ("[U+202E]").
[[nodiscard]] std::string made_visible(std::string_view text);
/// made_visible, for element content and quoted attributes: & < > " ' ` as character references.
[[nodiscard]] std::string escaped(std::string_view text);

/// At most `limit` characters, with "…" where something is left out. Before `escaped`.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t limit);

/// One field of a tab-separated table: made_visible, no tab and no line break; what spreadsheets would run as
/// a formula (= + - @ first) gets a ' in front, which `unguarded` takes off again.
[[nodiscard]] std::string table_field(std::string_view text);
[[nodiscard]] std::string unguarded(const std::string& field);

/// A link to a file below the page: "./" and the path percent-encoded, so that no scheme survives.
[[nodiscard]] std::string relative_link(std::string_view path);

/// About `digits` significant digits, never an exponent between 1e-4 and 1e7; a true minus sign; no locale.
[[nodiscard]] std::string number(double value, int digits = 3);
/// As `number`, without zeros at the end: for the ticks of an axis.
[[nodiscard]] std::string tick_number(double value);
/// With this many decimals, for coordinates.
[[nodiscard]] std::string fixed(double value, int decimals);
/// "1 warning", "3 warnings".
[[nodiscard]] std::string counted(std::size_t count, std::string_view one, std::string_view many);
/// "5 scans", or "5 scans of 3 people" where some were scanned more than once; people 0: not known.
[[nodiscard]] std::string counted_scans(int scans, int people);

}  // namespace isoscan::report
