#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/report/run_report.hpp"
#include "isoscan/report/site_effect.hpp"

#include "index_data.hpp"
#include "measures.hpp"
#include "page.hpp"
#include "site_references.hpp"
#include "text.hpp"

namespace isoscan::report {
namespace {

// Row texts are cut short: a page of thousands must open at once, the scan's own page has the rest.
constexpr std::size_t kIdLimit = 100;
constexpr std::size_t kReasonLimit = 240;
constexpr std::size_t kLineLimit = 600;
/// Rows that stand in the page as HTML, for a reader without scripts; all others are data that the script
/// shows.
constexpr std::size_t kPlainRows = 100;

constexpr std::array<Verdict, 4> kVerdicts{Verdict::Failed, Verdict::Refused, Verdict::Harmonized,
                                           Verdict::PassedThrough};

/// Table rows are written by hand, as the script does it too (index.js).
std::string cells(const RunRow& row, const std::vector<MeasureColumn>& columns,
                  const SiteReferences& references) {
  std::string html = "<td class=\"pic\">";
  if (!row.thumbnail.empty())
    html += "<img loading=\"lazy\" alt=\"\" width=\"54\" height=\"68\" src=\"" +
            relative_link(clipped(row.thumbnail, 300)) + "\">";
  html += "</td><td class=\"id\">";
  const std::string id = escaped(clipped(row.id, kIdLimit));
  html += row.page.empty()
              ? "<bdi>" + id + "</bdi>"
              : "<a href=\"" + relative_link(clipped(row.page, 300)) + "\"><bdi>" + id + "</bdi></a>";
  html += "</td><td><bdi>" + escaped(clipped(row.site, kIdLimit)) + "</bdi></td><td class=\"v-" +
          css_class(row.verdict) + "\"><span class=\"pill\">" + verdict_icon(row.verdict) +
          name(row.verdict) + "</span></td>";
  html += "<td class=\"num" + std::string(row.warnings > 0 ? " out" : "") + "\">" +
          std::to_string(row.warnings) + "</td>";
  const std::size_t beyond = references.outside_count(row);
  html +=
      "<td class=\"num" + std::string(beyond > 0 ? " out" : "") + "\">" + std::to_string(beyond) + "</td>";
  for (std::size_t n = 0; n < columns.size(); ++n) {
    if (!columns[n].in_table) continue;
    const std::optional<double> value = n < row.measures.size() ? row.measures[n] : std::nullopt;
    if (!value || !std::isfinite(*value)) {
      html += "<td class=\"num\">\xE2\x80\x93</td>";
      continue;
    }
    const bool out = references.outside(row, n);
    html += std::string("<td class=\"num") + (out ? " out" : "") + "\">" + number(*value) +
            (out ? *value < references.of(row.site, n).range->low ? " \xE2\x96\xBC" : " \xE2\x96\xB2" : "") +
            "</td>";
  }
  return html + "<td class=\"rated\"></td><td class=\"why\">" + escaped(clipped(row.reason, kReasonLimit)) +
         "</td>";
}

std::string table_rows(const std::vector<RunRow>& rows, const RunReport& report) {
  const SiteReferences references(report);
  std::string html;
  for (std::size_t n = 0; n < std::min(rows.size(), kPlainRows); ++n)
    html += std::string("<tr class=\"v-") + css_class(rows[n].verdict) + "\">" +
            cells(rows[n], report.columns, references) + "</tr>\n";
  return html;
}

Fields filters(const std::vector<RunRow>& rows) {
  std::vector<Fields> items;
  for (const Verdict verdict : kVerdicts) {
    const auto count =
        std::count_if(rows.begin(), rows.end(), [&](const RunRow& r) { return r.verdict == verdict; });
    Fields fields;
    fields.set("kind", std::string(css_class(verdict)));
    fields.set("word", std::string(name(verdict)));
    fields.set("icon", verdict_icon(verdict));
    fields.set("count", std::to_string(count));
    items.push_back(std::move(fields));
  }
  return list_of(std::move(items));
}

Fields header_lines(const RunReport& report) {
  std::vector<Fields> lines;
  const auto line = [&](const std::string& term, const std::string& value, bool mono) {
    if (value.empty()) return;
    Fields fields;
    fields.set("term", clipped(term, kIdLimit));
    fields.set("value", clipped(value, kLineLimit));
    fields.set("mono", mono);
    lines.push_back(std::move(fields));
  };
  line("Method", report.method, false);
  line("Reference", report.reference, false);
  line("Command", report.command, true);
  line("Version", report.version, false);
  for (const auto& [term, value] : report.facts) line(term, value, false);
  return list_of(std::move(lines));
}

Fields column_heads(const std::vector<MeasureColumn>& columns) {
  std::vector<Fields> heads;
  for (const MeasureColumn& column : columns) {
    if (!column.in_table) continue;
    Fields fields;
    fields.set("head", clipped(column.name, 60));
    fields.set("unit", clipped(column.unit, 30));
    fields.set("explanation", clipped(column.explanation, 300));
    heads.push_back(std::move(fields));
  }
  return list_of(std::move(heads));
}

void set_set_aside(const std::vector<SetAsideInput>& inputs, Fields& page) {
  std::string html;
  std::size_t broken = 0;
  std::vector<const SetAsideInput*> ordered;
  for (const SetAsideInput& input : inputs) ordered.push_back(&input);
  std::stable_sort(ordered.begin(), ordered.end(), [](auto* a, auto* b) { return a->broken && !b->broken; });
  for (const SetAsideInput* input : ordered) {
    broken += input->broken ? 1 : 0;
    html += "<tr><td><bdi>" + escaped(clipped(input->name, 200)) + "</bdi></td><td>" +
            (input->broken ? "<b class=\"broken\">could not be read</b>" : "skipped") + "</td><td>" +
            escaped(clipped(input->reason, kReasonLimit)) + "</td></tr>\n";
  }
  page.set("has_set_aside", !inputs.empty());
  page.set("set_aside_open", broken > 0);
  page.set("set_aside_title", counted(inputs.size(), "input", "inputs") + " set aside" +
                                  (broken > 0 ? ", " + std::to_string(broken) + " could not be read" : ""));
  page.set("set_aside", html);
}

/// "2 failed and 3 refused: look at those first." One sentence for the reader in a hurry.
std::string summary(const RunReport& report, const std::vector<RunRow>& rows) {
  const SiteReferences references(report);
  std::array<std::size_t, 4> counts{};
  std::size_t suspect = 0;
  for (const RunRow& row : rows) {
    ++counts[static_cast<std::size_t>(row.verdict)];
    const bool out = row.warnings > 0 || references.outside_count(row) > 0;
    const bool made = row.verdict == Verdict::Harmonized || row.verdict == Verdict::PassedThrough;
    suspect += out && made ? 1 : 0;
  }
  const std::size_t stopped = counts[0] + counts[1];
  if (rows.empty()) return "No scan was found.";
  std::string text = std::to_string(counts[2] + counts[3]) + " of " + counted(rows.size(), "scan", "scans") +
                     " have an output. ";
  if (stopped > 0) text += counted(stopped, "scan was", "scans were") + " not harmonized. ";
  if (suspect > 0)
    text += counted(suspect, stopped > 0 ? "further scan has" : "of them has",
                    stopped > 0 ? "further scans have" : "of them have") +
            " a warning or a measure outside the reference. ";
  return text + (stopped + suspect > 0 ? "These come first in the table." : "Nothing stands out.");
}

/// What is not as pages of this version say it.
std::string earlier_words(int form) {
  if (form >= kUnchangeableForm) return {};
  std::string words = "This record is of an earlier version. ";
  if (form < kMeasuredAlikeForm)
    words +=
        "Not measured alike: values before, and all values of scans that passed through, hold the scans' "
        "receive field, those of the reference do not; so do differences before, and what such scans show "
        "outside the reference's range. ";
  return words + unchangeable_words() + " Run the scans again to have this as it is now.";
}

void set_site_effects(const RunReport& report, Fields& page) {
  std::string beyond;
  std::string within;
  std::size_t folded = 0;
  const std::string none = "<td class=\"num\">\xE2\x80\x93</td>";
  const std::string as_before = "<td class=\"num soft\">as before</td>";
  const auto cell = [&](const std::optional<double>& value, const std::optional<double>& chance) {
    if (!value) return none;
    const bool out = chance && std::abs(*value) > *chance;
    constexpr double kRounding = 0.005;  // of an SD: what is less is the last bits of two sums
    return std::string("<td class=\"num") + (out ? " out" : "") + "\">" +
           number(std::abs(*value) < kRounding ? 0.0 : *value, 2) + (out ? " *" : "") + "</td>";
  };
  const auto chance_cell = [&](const std::optional<double>& chance) {
    return chance ? "<td class=\"num\">\xC2\xB1" + number(*chance, 2) + "</td>"
                  : "<td class=\"num\">not known</td>";
  };
  std::vector<SiteEffect> effects = site_effects(report);
  const auto largest = [](const SiteEffect& effect) {
    return std::max({std::abs(effect.after), std::abs(effect.before.value_or(0.0)),
                     std::abs(effect.drift.value_or(0.0))});
  };
  std::stable_sort(effects.begin(), effects.end(),
                   [&](const SiteEffect& a, const SiteEffect& b) { return largest(a) > largest(b); });
  const bool has_drift = std::any_of(effects.begin(), effects.end(),
                                     [](const SiteEffect& each) { return each.drift.has_value(); });
  page.set("has_drift", has_drift);
  for (const SiteEffect& effect : effects) {
    // Where chance is not known nothing can be said to lie within it.
    const bool told =
        !effect.chance || std::abs(effect.after) > *effect.chance ||
        std::abs(effect.before.value_or(0.0)) > *effect.chance ||
        (effect.drift && (!effect.drift_chance || std::abs(*effect.drift) > *effect.drift_chance));
    std::string& html = told ? beyond : within;
    folded += told ? 0 : 1;
    html += "<tr><td><bdi>" + escaped(clipped(effect.site, kIdLimit)) + "</bdi></td><td>" +
            escaped(clipped(report.columns[effect.column].name, 60)) + "</td><td class=\"num\">" +
            std::to_string(effect.people) + "</td>" + cell(effect.before, effect.chance) +
            (effect.cannot_change && effect.before ? as_before : cell(effect.after, effect.chance)) +
            chance_cell(effect.chance) +
            (!has_drift     ? std::string()
             : effect.drift ? cell(effect.drift, effect.drift_chance) + chance_cell(effect.drift_chance)
                            : none + none) +
            "</tr>\n";
  }
  std::vector<Fields> advice;
  for (const SiteFit& site : report.sites) {
    std::string words;
    for (const std::string& each : {sample_size_words(site), few_people_words(site), drift_words(site)})
      words += (words.empty() || each.empty() ? "" : " ") + each;
    if (words.empty()) continue;
    Fields fields;
    fields.set("site", clipped(site.site, kIdLimit));
    fields.set("words", words);
    advice.push_back(std::move(fields));
  }
  const bool alike = report.form >= kMeasuredAlikeForm;
  page.set("drift_scans",
           std::string(alike ? "after bias correction" : "with their receive field, as those"));
  page.set("chance_words", chance_words(effects));
  page.set("has_learnt_here", std::any_of(report.sites.begin(), report.sites.end(),
                                          [](const SiteFit& site) { return site.learnt_here; }));
  page.set("has_effects", !effects.empty());
  page.set("has_beyond", !beyond.empty());
  page.set("beyond", beyond);
  page.set("has_within", folded > 0);
  page.set("within_title", counted(folded, "difference", "differences") + " within chance");
  page.set("within", within);
  page.set("advice", list_of(std::move(advice)));
}

}  // namespace

std::string index_page(const RunReport& report, bool served) {
  const std::vector<RunRow> rows = worst_first(report);
  Fields page;
  page.set("title", clipped(report.title, kIdLimit));
  page.set("summary", summary(report, rows));
  page.set("header", header_lines(report));
  page.set("filters", filters(rows));
  page.set("total", counted(rows.size(), "scan", "scans"));
  page.set("columns", column_heads(report.columns));
  page.set("rows", table_rows(rows, report));
  page.set("has_more", rows.size() > kPlainRows);
  page.set("plain_rows", std::to_string(kPlainRows));
  page.set("served", served);
  const std::string earlier = earlier_words(report.form);
  page.set("has_earlier", !earlier.empty());
  page.set("earlier_words", earlier);
  set_set_aside(report.set_aside, page);
  set_site_effects(report, page);
  page.set("has_strips", !report.columns.empty() && !rows.empty());
  page.set("data", index_data(rows, report));
  return render_page("index", page,
                     served ? std::vector<std::string>{"sort.js", "ratings.js", "server.js", "order.js",
                                                       "strips.js", "drift.js", "index.js"}
                            : std::vector<std::string>{"sort.js", "ratings.js", "order.js", "strips.js",
                                                       "drift.js", "index.js"},
                     served);
}

}  // namespace isoscan::report
