#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/report/outcome_report.hpp"

#include "axis.hpp"
#include "outcome_words.hpp"
#include "text.hpp"

namespace isoscan::report {
namespace {

constexpr double kWidth = 640;
constexpr double kLeft = 170;
constexpr double kRight = 496;
constexpr double kLane = 34;
constexpr double kTop = 24;  // the baseline's name stands above
constexpr std::size_t kMostLanes = 40;

bool finite(const std::optional<double>& value) {
  return value && std::isfinite(*value);
}

bool drawn(const OutcomeCell& cell) {
  return cell.value && std::isfinite(cell.value->mean);
}

/// All that must be seen: means, SDs, people, and what is aimed at. Intervals may reach beyond: of two people
/// they are as wide as nine SDs.
std::optional<Axis> axis_of(const OutcomeReport& report, std::size_t metric, Dots dots) {
  const OutcomeMetric& what = report.metrics[metric];
  std::vector<double> ends;
  const std::size_t lanes = std::min(report.rows.size(), kMostLanes);
  for (std::size_t n = 0; n < lanes; ++n) {
    const OutcomeCell& cell = report.rows[n].cells[metric];
    if (!drawn(cell)) continue;
    const double sd = std::isfinite(cell.value->sd) ? cell.value->sd : 0.0;
    ends.insert(ends.end(), {cell.value->mean - sd, cell.value->mean + sd});
    for (const auto& value : cell.values) {
      if (dots != Dots::None && finite(value)) ends.push_back(*value);
    }
  }
  if (ends.empty()) return {};
  if (what.direction == Direction::Near) ends.push_back(what.aim);
  if (what.wanted) {
    for (const double end : {what.wanted->low, what.wanted->high}) {
      if (std::isfinite(end)) ends.push_back(end);
    }
  }
  const auto [low, high] = std::minmax_element(ends.begin(), ends.end());
  return axis_over(*low, *high, kLeft, kRight);
}

std::string line(const char* css, double x1, double x2, double y1, double y2) {
  return std::string("<line class=\"") + css + "\" x1=\"" + fixed(x1, 1) + "\" x2=\"" + fixed(x2, 1) +
         "\" y1=\"" + fixed(y1, 1) + "\" y2=\"" + fixed(y2, 1) + "\"/>";
}

std::string path(const char* css, const std::string& steps) {
  return std::string("<path class=\"") + css + "\" d=\"" + steps + "\"/>";
}

/// A shape by standing, so that no colour is needed.
std::string mark(const OutcomeRow& row, Standing standing, double x, double y) {
  const std::string at = "M" + fixed(x, 1) + " " + fixed(y, 1);
  if (row.yardstick) return path("mark open", at + "m0 -6l6 6l-6 6l-6 -6z");
  switch (standing) {
    case Standing::Better:
      return path("mark better", at + "m0 -7l7 12h-14z");
    case Standing::Worse:
      return path("mark worse", at + "m0 7l7 -12h-14z");
    case Standing::Baseline:
      return path("mark base", at + "m-5 -5h10v10h-10z");
    case Standing::Unclear:
      return "<circle class=\"mark\" cx=\"" + fixed(x, 1) + "\" cy=\"" + fixed(y, 1) + "\" r=\"5.5\"/>";
    default:
      return "<circle class=\"mark open\" cx=\"" + fixed(x, 1) + "\" cy=\"" + fixed(y, 1) + "\" r=\"5.5\"/>";
  }
}

/// A thick bar that ends in an arrow where it leaves the drawing.
std::string interval_svg(const Axis& axis, const Range& interval, double y) {
  const double from = std::clamp(axis.x(interval.low), kLeft, kRight);
  const double to = std::clamp(axis.x(interval.high), kLeft, kRight);
  std::string svg = "<rect class=\"ci\" x=\"" + fixed(from, 1) + "\" y=\"" + fixed(y - 4, 1) + "\" width=\"" +
                    fixed(std::max(0.5, to - from), 1) + "\" height=\"8\"/>";
  if (axis.x(interval.low) < kLeft)
    svg += path("beyond", "M" + fixed(kLeft, 1) + " " + fixed(y, 1) + "m0 -5l-6 5l6 5z");
  if (axis.x(interval.high) > kRight)
    svg += path("beyond", "M" + fixed(kRight, 1) + " " + fixed(y, 1) + "m0 -5l6 5l-6 5z");
  return svg;
}

std::string dots_svg(const OutcomeReport& report, const OutcomeMetric& what, const OutcomeCell& cell,
                     const Axis& axis, double y, Dots dots) {
  std::string svg;
  const bool people = !what.by_repeat && cell.values.size() == report.people.size();
  for (std::size_t n = 0; n < cell.values.size() && dots != Dots::None; ++n) {
    if (!finite(cell.values[n])) continue;
    svg += "<circle class=\"p\" cx=\"" + fixed(axis.x(*cell.values[n]), 1) + "\" cy=\"" +
           fixed(y + jitter(n, 6.0), 1) + "\" r=\"2.4\"";
    if (dots == Dots::Bare) {
      svg += "/>";
      continue;
    }
    const std::string who = people ? clipped(report.people[n], 60) : "value " + std::to_string(n + 1);
    svg += "><title>" + escaped(who + ": " + with_unit(what, *cell.values[n])) + "</title></circle>";
  }
  return svg;
}

std::string lane_svg(const OutcomeReport& report, std::size_t metric, std::size_t lane, const Axis& axis,
                     Dots dots) {
  const OutcomeMetric& what = report.metrics[metric];
  const OutcomeRow& row = report.rows[lane];
  const OutcomeCell& cell = row.cells[metric];
  const double top = kTop + kLane * static_cast<double>(lane);
  const double y = top + 13;
  std::string told = clipped(row.method, 60) + ": ";
  if (drawn(cell)) {
    told += value_words(what, *cell.value);
    if (const std::string gain = gain_words(what, cell, report.baseline); !gain.empty()) told += "; " + gain;
  } else {
    told += "no value";
  }
  std::string svg = "<g><title>" + escaped(told) + "</title><rect class=\"hit\" x=\"0\" y=\"" +
                    fixed(top, 0) + "\" width=\"" + fixed(kWidth, 0) + "\" height=\"" + fixed(kLane, 0) +
                    "\"/><text class=\"lane\" x=\"" + fixed(kLeft - 14, 0) + "\" y=\"" + fixed(y + 4, 1) +
                    "\">" + escaped(clipped(row.method, 22)) + "</text>";
  if (!drawn(cell))
    return svg + "<text class=\"value\" x=\"" + fixed(kRight + 12, 0) + "\" y=\"" + fixed(y + 4, 1) +
           "\">no value</text></g>";
  const Spread& spread = *cell.value;
  const double x = axis.x(spread.mean);
  if (spread.interval && std::isfinite(spread.interval->low) && std::isfinite(spread.interval->high))
    svg += interval_svg(axis, *spread.interval, y);
  if (std::isfinite(spread.sd) && spread.sd > 0.0) {
    const double from = axis.x(spread.mean - spread.sd);
    const double to = axis.x(spread.mean + spread.sd);
    svg +=
        line("sd", from, to, y, y) + line("sd", from, from, y - 4, y + 4) + line("sd", to, to, y - 4, y + 4);
  }
  svg += mark(row, cell.standing, x, y);
  svg += "<text class=\"value\" x=\"" + fixed(kRight + 12, 0) + "\" y=\"" + fixed(y + 4, 1) + "\">" +
         number(spread.mean, 4) + " \xC2\xB1 " + number(spread.sd, 2) + "</text>";
  // After the lane's own title, so that a dot's name is found first.
  return svg + dots_svg(report, what, cell, axis, top + 26, dots) + "</g>";
}

std::string baseline_svg(const OutcomeReport& report, std::size_t metric, const Axis& axis, double bottom) {
  for (const OutcomeRow& row : report.rows) {
    const OutcomeCell& cell = row.cells[metric];
    if (row.method != report.baseline || !drawn(cell)) continue;
    const double x = axis.x(cell.value->mean);
    return line("baseline", x, x, kTop - 4, bottom) + "<text class=\"baseline-name\" x=\"" +
           fixed(std::clamp(x, kLeft + 60, kRight - 60), 1) + "\" y=\"" + fixed(kTop - 9, 0) + "\">" +
           escaped(clipped(report.baseline, 16) + " " + number(cell.value->mean, 4)) + "</text>";
  }
  return {};
}

}  // namespace

std::string whisker_svg(const OutcomeReport& report, std::size_t metric, Dots dots) {
  if (metric >= report.metrics.size()) throw core::Error(core::ErrorKind::Internal, "figure of no measure");
  const OutcomeMetric& what = report.metrics[metric];
  const std::string title =
      clipped(what.title, 80) + (what.unit.empty() ? "" : " (" + clipped(what.unit, 30) + ")");
  std::string figure = "<figure class=\"whisker\"><figcaption><a href=\"#g-" + std::to_string(metric) +
                       "\" title=\"" + escaped(clipped(what.definition, 400)) + "\">" + escaped(title) +
                       "</a> <small>" + escaped(direction_words(what)) +
                       (what.by_repeat ? "; small dots are repeats on the same people" : "") +
                       "</small></figcaption>";
  const std::optional<Axis> axis = axis_of(report, metric, dots);
  if (!axis) return figure + "<p class=\"soft\">There is no value of this measure for anybody.</p></figure>";
  const std::size_t lanes = std::min(report.rows.size(), kMostLanes);
  const double bottom = kTop + kLane * static_cast<double>(lanes);
  figure += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + escaped(title) +
            ", figure\"><svg viewBox=\"0 0 " + fixed(kWidth, 0) + " " + fixed(bottom + 40, 0) +
            "\" width=\"" + fixed(kWidth, 0) + "\" height=\"" + fixed(bottom + 40, 0) +
            "\" role=\"group\" aria-label=\"" + escaped(title) +
            ": mean, SD and interval of each method; the table below holds the same numbers\">";
  if (what.wanted && what.wanted->low <= what.wanted->high) {
    const double from = std::clamp(axis->x(what.wanted->low), kLeft, kRight);
    const double to = std::clamp(axis->x(what.wanted->high), kLeft, kRight);
    figure += "<rect class=\"band\" x=\"" + fixed(from, 1) + "\" y=\"" + fixed(kTop, 0) + "\" width=\"" +
              fixed(std::max(1.0, to - from), 1) + "\" height=\"" + fixed(bottom - kTop, 0) + "\"/>";
  }
  figure += axis_svg(*axis, kTop, bottom);
  if (what.direction == Direction::Near)
    figure += line("aim", axis->x(what.aim), axis->x(what.aim), kTop, bottom);
  figure += baseline_svg(report, metric, *axis, bottom);
  for (std::size_t n = 0; n < lanes; ++n) figure += lane_svg(report, metric, n, *axis, dots);
  const char* arrow = what.direction == Direction::Higher  ? " \xE2\x86\x92"
                      : what.direction == Direction::Lower ? " \xE2\x86\x90"
                                                           : "";
  figure += "<text class=\"unit\" x=\"" + fixed(0.5 * (kLeft + kRight), 0) + "\" y=\"" +
            fixed(bottom + 34, 0) + "\">" + escaped(title + ": " + direction_words(what)) + arrow +
            "</text></svg></div>";
  if (report.rows.size() > lanes)
    figure += "<p class=\"soft\">The first " + std::to_string(lanes) + " of " +
              std::to_string(report.rows.size()) + " rows; the table has all.</p>";
  return figure + "</figure>";
}

}  // namespace isoscan::report
