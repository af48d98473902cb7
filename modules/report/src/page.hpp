/// @file What all pages share: templates, style, script, the content security policy. Private to report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kainjow/mustache.hpp>

#include "isoscan/report/picture.hpp"
#include "isoscan/report/scan_report.hpp"

namespace isoscan::report {

using Fields = kainjow::mustache::data;

/// Puts the fields into templates/<name>.mustache; everything in {{...}} is escaped, {{{...}}} is ours and
/// goes in as it is. Adds style, script and policy. @throws core::Error(Internal) where the template is
/// malformed.
/// @param scripts  of templates/, in their order  @param served  the page may talk to the server that it came
/// from
[[nodiscard]] std::string render_page(std::string_view name, Fields& fields,
                                      const std::vector<std::string>& scripts, bool served = false);

[[nodiscard]] Fields list_of(std::vector<Fields> items);
/// "data:image/png;base64,...".
[[nodiscard]] std::string data_url(std::string_view png_bytes);
/// "failed", "refused", "passed", "harmonized": the style's class of a verdict.
[[nodiscard]] const char* css_class(Verdict verdict);
/// A sign that needs no colour, as inline SVG.
[[nodiscard]] std::string verdict_icon(Verdict verdict);

}  // namespace isoscan::report
