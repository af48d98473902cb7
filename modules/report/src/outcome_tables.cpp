#include "outcome_tables.hpp"

#include <algorithm>
#include <cmath>

#include "outcome_words.hpp"
#include "text.hpp"

namespace isoscan::report {
namespace {

constexpr std::size_t kNameLimit = 60;
constexpr int kDigits = 4;
constexpr const char* kNone = "\xE2\x80\x93";

/// How a standing is shown: a style, a sign that needs no colour, a word.
struct Shown {
  const char* css;
  const char* sign;
  const char* word;
};

Shown shown(Standing standing, bool near) {
  switch (standing) {
    case Standing::Baseline:
      return {"base", "\xE2\x96\xA0", "baseline"};
    case Standing::Better:
      return {"better", "\xE2\x96\xB2", near ? "nearer" : "better"};
    case Standing::Worse:
      return {"worse", "\xE2\x96\xBC", near ? "farther" : "worse"};
    case Standing::Unclear:
      return {"unclear", "\xE2\x97\x8F", "not told apart"};
    case Standing::Unknown:
      return {"unknown", "\xE2\x97\x8B", "no interval"};
    case Standing::None:
      break;
  }
  return {"unknown", "", kNone};
}

std::string signed_number(double value, int digits) {
  const std::string text = number(value, digits);
  return value > 0.0 ? "+" + text : text;
}

std::string interval(const std::optional<Range>& range, bool with_sign) {
  if (!range || !std::isfinite(range->low) || !std::isfinite(range->high)) return kNone;
  const auto words = [&](double v) { return with_sign ? signed_number(v, kDigits) : number(v, kDigits); };
  return words(range->low) + " to " + words(range->high);
}

/// "better by 0.55" in small print for a reader, sign and number for an eye.
std::string glance_cell(const OutcomeMetric& metric, const OutcomeCell& cell) {
  const Shown as = shown(cell.standing, metric.direction == Direction::Near);
  std::string html = std::string("<td class=\"") + as.css + "\">";
  if (cell.standing == Standing::None) return html + kNone + "</td>";
  html += std::string("<span aria-hidden=\"true\">") + as.sign + "</span> <span class=\"sr\">" + as.word +
          "</span>";
  if (cell.gain && std::isfinite(cell.gain->mean)) html += " " + signed_number(cell.gain->mean, 3);
  return html + "</td>";
}

std::string line_of(const OutcomeMetric& metric, const OutcomeRow& row, const OutcomeCell& cell) {
  const bool known = cell.value && std::isfinite(cell.value->mean);
  const bool compared = cell.less_baseline && std::isfinite(cell.less_baseline->mean);
  const bool near = metric.direction == Direction::Near;
  const Shown as = shown(cell.standing, near);
  std::string html = "<tr><td>" + escaped(clipped(metric.title, kNameLimit)) + "</td><td>" +
                     escaped(clipped(row.method, kNameLimit)) + "</td><td>";
  html += (known ? number(cell.value->mean, kDigits) : kNone) + std::string("</td><td>");
  html += (known && std::isfinite(cell.value->sd) ? number(cell.value->sd, kDigits) : kNone) +
          std::string("</td><td>");
  html += (known ? interval(cell.value->interval, false) : kNone) + std::string("</td><td>");
  html += std::to_string(cell.value ? cell.value->count : 0) + "</td><td>";
  html += (compared ? signed_number(cell.less_baseline->mean, kDigits) : kNone) + std::string("</td><td>");
  html += (compared ? interval(cell.less_baseline->interval, true) : kNone) + "</td><td class=\"" + as.css +
          "\">";
  html += as.word;
  if (near && (cell.standing == Standing::Better || cell.standing == Standing::Worse) && cell.gain)
    html += " by " + number(std::abs(cell.gain->mean), 3);
  return html + "</td></tr>\n";
}

}  // namespace

std::string glance_table(const OutcomeReport& report, std::size_t metrics, std::size_t rows) {
  std::vector<std::size_t> judged;
  for (std::size_t m = 0; m < std::min(metrics, report.metrics.size()); ++m) {
    if (is_judged(report, m)) judged.push_back(m);
  }
  if (judged.empty() || report.rows.empty()) return {};
  std::string html = "<table id=\"glance\"><thead><tr><th scope=\"col\">Method</th>";
  for (const std::size_t m : judged) {
    const OutcomeMetric& metric = report.metrics[m];
    html += "<th scope=\"col\" title=\"" + escaped(clipped(metric.definition, 400)) + "\">" +
            escaped(clipped(metric.title, kNameLimit)) +
            (metric.unit.empty() ? "" : " <small>" + escaped(clipped(metric.unit, 30)) + "</small>") +
            "</th>";
  }
  html += "</tr></thead><tbody>\n";
  for (std::size_t n = 0; n < std::min(rows, report.rows.size()); ++n) {
    const OutcomeRow& row = report.rows[n];
    html += "<tr><th scope=\"row\" title=\"" + escaped(clipped(row.explanation, 300)) + "\">" +
            escaped(clipped(row.method, kNameLimit)) + (row.yardstick ? " <small>yardstick</small>" : "") +
            "</th>";
    for (const std::size_t m : judged) html += glance_cell(report.metrics[m], row.cells[m]);
    html += "</tr>\n";
  }
  return html + "</tbody></table>";
}

std::vector<std::string> table_lines(const OutcomeReport& report) {
  std::vector<std::string> lines;
  for (std::size_t m = 0; m < report.metrics.size(); ++m) {
    for (const OutcomeRow& row : report.rows) {
      const OutcomeCell& cell = row.cells[m];
      if (!cell.value && cell.values.empty()) continue;  // no such measure of this row
      lines.push_back(line_of(report.metrics[m], row, cell));
    }
  }
  return lines;
}

}  // namespace isoscan::report
