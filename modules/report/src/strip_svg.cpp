#include <algorithm>
#include <cmath>
#include <map>

#include "isoscan/core/error.hpp"
#include "isoscan/report/run_report.hpp"

#include "axis.hpp"
#include "measures.hpp"
#include "page.hpp"
#include "text.hpp"

namespace isoscan::report {
namespace {

constexpr double kWidth = 560;
constexpr double kLeft = 150;
constexpr double kRight = 548;
constexpr double kLane = 34;
constexpr double kTop = 6;
constexpr std::size_t kMostLanes = 40;

Axis axis_of(const std::vector<double>& values, const std::optional<Range>& reference) {
  double low = *std::min_element(values.begin(), values.end());
  double high = *std::max_element(values.begin(), values.end());
  if (reference) {
    low = std::min(low, reference->low);
    high = std::max(high, reference->high);
  }
  return axis_over(low, high, kLeft, kRight);
}

}  // namespace

std::string strip_svg(const RunReport& report, std::size_t column) {
  if (column >= report.columns.size())
    throw core::Error(core::ErrorKind::Internal, "strip plot of no column");
  const MeasureColumn& measure = report.columns[column];
  std::vector<double> values;
  std::map<std::string, std::size_t> lanes;
  const auto value_of = [&](const RunRow& row) -> std::optional<double> {
    if (column >= row.measures.size() || !row.measures[column] || !std::isfinite(*row.measures[column]))
      return {};
    return row.measures[column];
  };
  for (const RunRow& row : report.rows) {
    if (const auto value = value_of(row)) {
      values.push_back(*value);
      lanes.emplace(row.site, 0);
    }
  }
  if (values.empty()) return {};
  // A run over very many sites shares its last lane, so that the figure stays a figure.
  std::size_t next = 0;
  for (auto& [site, lane] : lanes) lane = std::min(next++, kMostLanes - 1);
  const std::size_t lane_count = std::min(lanes.size(), kMostLanes);
  const Axis axis = axis_of(values, measure.reference);
  const double bottom = kTop + kLane * static_cast<double>(lane_count);
  const std::string heading =
      clipped(measure.name, 80) + (measure.unit.empty() ? "" : " (" + clipped(measure.unit, 30) + ")");

  std::string svg = "<figure class=\"strip\"><figcaption>" + escaped(heading) + " <small>" +
                    escaped(clipped(measure.explanation, 200)) + "</small></figcaption><svg viewBox=\"0 0 " +
                    fixed(kWidth, 0) + " " + fixed(bottom + 24, 0) + "\" width=\"" + fixed(kWidth, 0) +
                    "\" height=\"" + fixed(bottom + 24, 0) + "\" role=\"group\" aria-label=\"" +
                    escaped(heading) + ": one dot a scan, by site; the table below holds the same numbers\">";
  if (measure.reference && measure.reference->low <= measure.reference->high) {
    const double from = axis.x(measure.reference->low);
    svg += "<rect class=\"band\" x=\"" + fixed(from, 1) + "\" y=\"" + fixed(kTop, 0) + "\" width=\"" +
           fixed(std::max(1.0, axis.x(measure.reference->high) - from), 1) + "\" height=\"" +
           fixed(bottom - kTop, 0) + "\"/>";
  }
  svg += axis_svg(axis, kTop, bottom);
  next = 0;
  for (const auto& [site, lane] : lanes) {
    if (next++ >= kMostLanes) break;
    const bool shared = lane + 1 == kMostLanes && lanes.size() > kMostLanes;
    svg += "<text class=\"lane\" x=\"" + fixed(kLeft - 8, 0) + "\" y=\"" +
           fixed(kTop + kLane * (static_cast<double>(lane) + 0.5) + 4, 1) + "\">" +
           escaped(shared ? "further sites" : clipped(site.empty() ? "no site" : site, 18)) + "<title>" +
           escaped(clipped(site, 120)) + "</title></text>";
  }
  std::vector<std::size_t> seen(lane_count, 0);
  for (const RunRow& row : report.rows) {
    const auto value = value_of(row);
    if (!value) continue;
    const std::size_t lane = lanes.at(row.site);
    const double y = kTop + kLane * (static_cast<double>(lane) + 0.5) + jitter(seen[lane]++, kLane - 12);
    std::string dot = std::string("<circle class=\"d v-") + css_class(row.verdict) +
                      (lies_outside(value, measure.reference) ? " out" : "") + "\" cx=\"" +
                      fixed(axis.x(*value), 1) + "\" cy=\"" + fixed(y, 1) + "\" r=\"3.6\"><title>" +
                      escaped(clipped(row.id, 80)) + ": " + number(*value) + "</title></circle>";
    // The table links to the same pages, one tab stop a scan is enough.
    if (!row.page.empty())
      dot = "<a tabindex=\"-1\" href=\"" + relative_link(clipped(row.page, 200)) + "\">" + dot + "</a>";
    svg += dot;
  }
  return svg + "</svg></figure>";
}

}  // namespace isoscan::report
