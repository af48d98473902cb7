#include <algorithm>
#include <cmath>
#include <map>

#include "isoscan/core/error.hpp"
#include "isoscan/report/run_report.hpp"

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

struct Extent {
  double low = 0.0;
  double high = 1.0;

  [[nodiscard]] double x(double value) const {
    return kLeft + (kRight - kLeft) * (value - low) / (high - low);
  }
};

/// A round step that gives three to seven ticks.
double tick_step(double span) {
  const double power = std::pow(10.0, std::floor(std::log10(span)));
  for (const double factor : {0.2, 0.5, 1.0, 2.0}) {
    if (span / (factor * power) <= 7.0) return factor * power;
  }
  return 5.0 * power;
}

Extent extent_of(const std::vector<double>& values, const std::optional<Range>& reference) {
  double low = *std::min_element(values.begin(), values.end());
  double high = *std::max_element(values.begin(), values.end());
  if (reference) {
    low = std::min(low, reference->low);
    high = std::max(high, reference->high);
  }
  const double room = high - low > 1e-12 * std::max(std::abs(low), std::abs(high)) && high > low
                          ? 0.04 * (high - low)
                          : std::max(0.5 * (high == 0.0 ? 1.0 : 0.0), 0.1 * std::abs(high));
  return {low - room, high + room};
}

/// Spreads dots of one lane so that equal values stay visible; the same dot always falls on the same place.
double jitter(std::size_t n) {
  static constexpr double kGolden = 0.6180339887498949;
  const double share = std::fmod(static_cast<double>(n + 1) * kGolden, 1.0);
  return (share - 0.5) * (kLane - 12);
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
  const Extent extent = extent_of(values, measure.reference);
  const double bottom = kTop + kLane * static_cast<double>(lane_count);
  const std::string heading =
      clipped(measure.name, 80) + (measure.unit.empty() ? "" : " (" + clipped(measure.unit, 30) + ")");

  std::string svg = "<figure class=\"strip\"><figcaption>" + escaped(heading) + " <small>" +
                    escaped(clipped(measure.explanation, 200)) + "</small></figcaption><svg viewBox=\"0 0 " +
                    fixed(kWidth, 0) + " " + fixed(bottom + 24, 0) + "\" width=\"" + fixed(kWidth, 0) +
                    "\" height=\"" + fixed(bottom + 24, 0) + "\" role=\"group\" aria-label=\"" +
                    escaped(heading) + ": one dot a scan, by site; the table below holds the same numbers\">";
  if (measure.reference && measure.reference->low <= measure.reference->high) {
    const double from = extent.x(measure.reference->low);
    svg += "<rect class=\"band\" x=\"" + fixed(from, 1) + "\" y=\"" + fixed(kTop, 0) + "\" width=\"" +
           fixed(std::max(1.0, extent.x(measure.reference->high) - from), 1) + "\" height=\"" +
           fixed(bottom - kTop, 0) + "\"/>";
  }
  const double step = tick_step(extent.high - extent.low);
  for (double n = std::ceil(extent.low / step); n * step <= extent.high; n += 1.0) {
    const std::string x = fixed(extent.x(n * step), 1);
    svg += "<line class=\"grid\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + fixed(kTop, 0) + "\" y2=\"" +
           fixed(bottom, 0) + "\"/><text class=\"tick\" x=\"" + x + "\" y=\"" + fixed(bottom + 16, 0) +
           "\">" + tick_number(n * step) + "</text>";
  }
  svg += "<line class=\"axis\" x1=\"" + fixed(kLeft, 0) + "\" x2=\"" + fixed(kRight, 0) + "\" y1=\"" +
         fixed(bottom, 0) + "\" y2=\"" + fixed(bottom, 0) + "\"/>";
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
    const double y = kTop + kLane * (static_cast<double>(lane) + 0.5) + jitter(seen[lane]++);
    std::string dot = std::string("<circle class=\"d v-") + css_class(row.verdict) +
                      (lies_outside(value, measure.reference) ? " out" : "") + "\" cx=\"" +
                      fixed(extent.x(*value), 1) + "\" cy=\"" + fixed(y, 1) + "\" r=\"3.6\"><title>" +
                      escaped(clipped(row.id, 80)) + ": " + number(*value) + "</title></circle>";
    // The table links to the same pages, one tab stop a scan is enough.
    if (!row.page.empty())
      dot = "<a tabindex=\"-1\" href=\"" + relative_link(clipped(row.page, 200)) + "\">" + dot + "</a>";
    svg += dot;
  }
  return svg + "</svg></figure>";
}

}  // namespace isoscan::report
