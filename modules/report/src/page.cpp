#include "page.hpp"

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"

#include "embedded.hpp"
#include "text.hpp"

namespace isoscan::report {
namespace {

/// The form in which a content security policy names an inline style or script.
std::string policy_digest(const std::string& text) {
  const std::string hex = core::sha256(text);
  std::string bytes;
  for (std::size_t n = 0; n + 1 < hex.size(); n += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(n, 2), nullptr, 16));
  }
  return "'sha256-" + base64(bytes) + "'";
}

}  // namespace

std::string render_page(std::string_view name, Fields& fields, const std::vector<std::string>& scripts,
                        bool served) {
  const std::string stem(name);
  const std::string style = std::string(embedded("base.css")) + std::string(embedded(stem + ".css"));
  std::string script;
  for (const std::string& each : scripts) script += embedded(each);
  // Only our own style and script run, pictures are inside the page or beside it, and nothing is ever fetched
  // or sent; a served page fetches from and sends to its own server alone. The viewer of volumes works in a
  // blob: worker.
  const std::string own = served ? "img-src 'self' data: blob:; connect-src 'self'; worker-src blob:"
                          : stem == "index" ? "img-src 'self' data:"
                                            : "img-src data:";
  fields.set("policy", "default-src 'none'; " + own + "; style-src " + policy_digest(style) +
                           "; script-src " + policy_digest(script) + (served ? " 'self'" : "") +
                           "; base-uri 'none'; form-action 'none'");
  fields.set("style", style);
  fields.set("script", script);
  kainjow::mustache::mustache page{std::string(embedded(stem + ".mustache"))};
  page.set_custom_escape([](const std::string& text) { return escaped(text); });
  std::string html;
  if (page.is_valid()) html = page.render(fields);
  if (!page.is_valid() || html.empty()) {
    throw core::Error(core::ErrorKind::Internal, "report template " + stem + ": " + page.error_message());
  }
  return html;
}

Fields list_of(std::vector<Fields> items) {
  Fields list(Fields::type::list);
  for (const Fields& item : items) list.push_back(item);
  return list;
}

std::string data_url(std::string_view png_bytes) {
  return "data:image/png;base64," + base64(png_bytes);
}

const char* css_class(Verdict verdict) {
  switch (verdict) {
    case Verdict::Failed:
      return "failed";
    case Verdict::Refused:
      return "refused";
    case Verdict::PassedThrough:
      return "passed";
    case Verdict::Harmonized:
      return "harmonized";
  }
  return "failed";
}

std::string verdict_icon(Verdict verdict) {
  const char* drawing = "";
  switch (verdict) {
    case Verdict::Failed:
      drawing = R"(<path d="M8.5 8.5l7 7m0-7l-7 7"/>)";
      break;
    case Verdict::Refused:
      drawing = R"(<path d="M7.5 12h9"/>)";
      break;
    case Verdict::PassedThrough:
      drawing = R"(<path d="M7 12h9m-3.5-3.5L16 12l-3.5 3.5"/>)";
      break;
    case Verdict::Harmonized:
      drawing = R"(<path d="M7.5 12.5l3 3 6-6.5"/>)";
      break;
  }
  return std::string(
             R"(<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/>)") +
         drawing + "</svg>";
}

}  // namespace isoscan::report
