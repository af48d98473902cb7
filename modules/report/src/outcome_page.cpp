#include <algorithm>

#include "isoscan/core/error.hpp"
#include "isoscan/report/outcome_report.hpp"

#include "outcome_tables.hpp"
#include "outcome_words.hpp"
#include "page.hpp"
#include "text.hpp"

namespace isoscan::report {
namespace {

constexpr std::size_t kMostMetrics = 40;
constexpr std::size_t kMostRows = 40;
constexpr std::size_t kMostNotes = 100;
constexpr std::size_t kLineLimit = 600;
constexpr const char* kMark = R"(<meta name="generator" content="Isoscan evaluate">)";

std::size_t shown_metrics(const OutcomeReport& report) {
  return std::min(report.metrics.size(), kMostMetrics);
}

Fields verdicts(const OutcomeReport& report) {
  std::vector<Fields> items;
  for (std::size_t m = 0; m < shown_metrics(report); ++m) {
    const OutcomeMetric& metric = report.metrics[m];
    if (!is_judged(report, m)) continue;
    const MetricVerdict verdict = verdict_of(report, m);
    Fields fields;
    fields.set("figure", "f-" + std::to_string(m));
    fields.set("measure", clipped(metric.title, 80));
    fields.set("direction", direction_words(metric));
    fields.set("best", verdict.best);
    fields.set("has_worse", !verdict.worse.empty());
    fields.set("worse", verdict.worse);
    fields.set("others", verdict.others);
    fields.set("wanted", verdict.wanted);
    items.push_back(std::move(fields));
  }
  return list_of(std::move(items));
}

/// Measures that say nothing by themselves, and those without a value, so that none is missed.
std::string not_judged(const OutcomeReport& report) {
  std::string beside;
  std::string absent;
  for (std::size_t m = 0; m < shown_metrics(report); ++m) {
    if (is_judged(report, m)) continue;
    std::string& list = report.metrics[m].direction == Direction::Neither ? beside : absent;
    list += (list.empty() ? "" : ", ") + clipped(report.metrics[m].title, 80);
  }
  std::string text;
  if (!beside.empty())
    text = "Read beside the others, for no direction of them is good by itself: " + beside + ".";
  if (!absent.empty()) text += (text.empty() ? "" : " ") + ("No method has a value of: " + absent + ".");
  return text;
}

Fields lines_of(const std::vector<std::string>& lines, std::size_t most) {
  std::vector<Fields> items;
  for (std::size_t n = 0; n < std::min(lines.size(), most); ++n) {
    Fields fields;
    fields.set("line", clipped(lines[n], kLineLimit));
    items.push_back(std::move(fields));
  }
  if (lines.size() > most) {
    Fields fields;
    fields.set("line", "and " + std::to_string(lines.size() - most) + " more");
    items.push_back(std::move(fields));
  }
  return list_of(std::move(items));
}

Fields pairs_of(const std::vector<std::pair<std::string, std::string>>& pairs, std::size_t limit) {
  std::vector<Fields> items;
  for (const auto& [term, text] : pairs) {
    if (text.empty() || items.size() >= kMostNotes) continue;
    Fields fields;
    fields.set("term", clipped(term, 120));
    fields.set("text", clipped(text, limit));
    items.push_back(std::move(fields));
  }
  return list_of(std::move(items));
}

Fields glossary_of_metrics(const OutcomeReport& report) {
  std::vector<Fields> items;
  for (std::size_t m = 0; m < shown_metrics(report); ++m) {
    const OutcomeMetric& metric = report.metrics[m];
    Fields fields;
    fields.set("id", "g-" + std::to_string(m));
    fields.set("measure", clipped(metric.title, 80));
    fields.set("key", clipped(metric.key, 80));
    fields.set("unit", clipped(metric.unit, 40));
    fields.set("has_unit", !metric.unit.empty());
    fields.set("definition", clipped(metric.definition, kLineLimit));
    fields.set("direction", direction_words(metric));
    items.push_back(std::move(fields));
  }
  return list_of(std::move(items));
}

Fields glossary_of_methods(const OutcomeReport& report) {
  std::vector<std::pair<std::string, std::string>> methods;
  for (const OutcomeRow& row : report.rows) methods.emplace_back(row.method, row.explanation);
  return pairs_of(methods, 300);
}

std::string figures_with(const OutcomeReport& report, Dots dots) {
  std::string html;
  for (std::size_t m = 0; m < shown_metrics(report); ++m)
    html += "<div class=\"figure\" id=\"f-" + std::to_string(m) + "\">" + whisker_svg(report, m, dots) +
            "</div>\n";
  return html;
}

/// Names of dots go first, then dots, then the last figures. What is left out is said in `note`.
std::string figures(const OutcomeReport& report, std::size_t limit, std::string& note) {
  std::string html = figures_with(report, Dots::Named);
  if (html.size() <= limit) return html;
  html = figures_with(report, Dots::Bare);
  if (html.size() <= limit) return html;
  note = "Single values are too many to be drawn; --json and --details hold them.";
  html.clear();
  for (std::size_t m = 0; m < shown_metrics(report); ++m) {
    const std::string one = "<div class=\"figure\" id=\"f-" + std::to_string(m) + "\">" +
                            whisker_svg(report, m, Dots::None) + "</div>\n";
    if (html.size() + one.size() > limit) {
      note += " Figures from " + clipped(report.metrics[m].title, 60) + " on are left out.";
      break;
    }
    html += one;
  }
  return html;
}

/// As many lines as fit.
std::string rows(const OutcomeReport& report, std::size_t limit, std::string& note) {
  const std::vector<std::string> lines = table_lines(report);
  std::string html;
  std::size_t count = 0;
  for (const std::string& line : lines) {
    if (html.size() + line.size() > limit) break;
    html += line;
    ++count;
  }
  if (count < lines.size())
    note = "The first " + std::to_string(count) + " of " + std::to_string(lines.size()) +
           " lines, so that this page stays small; --tsv and --json hold all.";
  return html;
}

void check(const OutcomeReport& report) {
  for (const OutcomeRow& row : report.rows) {
    if (row.cells.size() != report.metrics.size())
      throw core::Error(core::ErrorKind::Internal, "outcome row " + row.method + " lacks cells");
  }
}

void set_words(const OutcomeReport& report, Fields& page) {
  page.set("title", clipped(report.title, 120));
  page.set("subtitle", clipped(report.subtitle, kLineLimit));
  page.set("question", clipped(report.question, kLineLimit));
  page.set("headline", headline(report));
  page.set("baseline", clipped(report.baseline, 60));
  page.set("has_cautions", !cautions(report).empty());
  page.set("cautions", lines_of(cautions(report), kMostNotes));
  page.set("verdicts", verdicts(report));
  const std::string rest = not_judged(report);
  page.set("has_not_judged", !rest.empty());
  page.set("not_judged", rest);
  page.set("has_notes", !report.notes.empty());
  page.set("notes", lines_of(report.notes, kMostNotes));
  std::vector<std::string> left_out;
  for (const auto& [who, why] : report.left_out) left_out.push_back(clipped(who, 120) + ": " + why);
  page.set("has_left_out", !left_out.empty());
  page.set("left_out", lines_of(left_out, kMostNotes));
  std::vector<std::pair<std::string, std::string>> facts = report.facts;
  facts.emplace_back("Program", report.version);
  facts.emplace_back("Date", report.date);
  page.set("facts", pairs_of(facts, kLineLimit));
  page.set("has_command", !report.command.empty());
  page.set("command", clipped(report.command, 2000));
  page.set("has_settings", !report.settings.empty());
  page.set("settings", pairs_of(report.settings, 8000));
  page.set("measures", glossary_of_metrics(report));
  page.set("methods", glossary_of_methods(report));
}

}  // namespace

std::string OutcomePageOptions::problem() const {
  return limit_bytes < 100'000 ? "limit_bytes must be at least 100000" : std::string();
}

bool is_outcome_page(const std::string& html) {
  constexpr std::size_t kHead = 400;
  return html.substr(0, kHead).find(kMark) != std::string::npos;
}

std::string outcome_page(const OutcomeReport& report, const OutcomePageOptions& options) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw core::Error(core::ErrorKind::Config, problem);
  check(report);
  Fields page;
  page.set("mark", std::string(kMark));
  set_words(report, page);
  const std::string glance = glance_table(report, kMostMetrics, kMostRows);
  page.set("has_glance", !glance.empty());
  page.set("glance", glance);
  page.set("figures", std::string());
  page.set("rows", std::string());
  page.set("has_figures_note", false);
  page.set("has_rows_note", false);
  constexpr std::size_t kReserve = 2'000;  // the notes
  const std::size_t words = render_page("outcome", page, {"sort.js", "outcome.js"}).size() + kReserve;
  const std::size_t left = options.limit_bytes > words ? options.limit_bytes - words : 0;

  std::string figures_note;
  std::string rows_note;
  const std::string drawn = figures(report, left / 2, figures_note);
  page.set("figures", drawn);
  page.set("rows", rows(report, left - drawn.size(), rows_note));
  page.set("has_figures_note", !figures_note.empty());
  page.set("figures_note", figures_note);
  page.set("has_rows_note", !rows_note.empty());
  page.set("rows_note", rows_note);
  return render_page("outcome", page, {"sort.js", "outcome.js"});
}

}  // namespace isoscan::report
