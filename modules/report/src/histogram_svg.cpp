#include <algorithm>
#include <cmath>
#include <string>

#include "isoscan/report/histogram.hpp"
#include "isoscan/report/scan_report.hpp"

#include "text.hpp"

namespace isoscan::report {
namespace {

constexpr double kWidth = 380;
constexpr double kHeight = 232;
constexpr double kLeft = 26;
constexpr double kRight = 372;
constexpr double kTop = 10;
constexpr double kBottom = 188;

constexpr const char* kTissueNames[] = {"Cerebrospinal fluid", "Grey matter", "White matter"};

/// Where a panel's numbers go on the paper.
struct Frame {
  Bins bins;
  double highest = 1.0;

  [[nodiscard]] double x(double intensity) const {
    return kLeft + (kRight - kLeft) * (intensity - bins.low) / (bins.high - bins.low);
  }
  [[nodiscard]] double y(double density) const { return kBottom - (kBottom - kTop) * density / highest; }
  [[nodiscard]] double centre(std::size_t bin) const {
    return bins.low + (static_cast<double>(bin) + 0.5) * bins.width();
  }
};

std::string point(const Frame& frame, const Bins& bins, std::size_t bin, double density) {
  const Frame own{bins, frame.highest};
  return fixed(frame.x(own.centre(bin)), 1) + "," + fixed(frame.y(density), 1) + " ";
}

std::string curve(const Frame& frame, const Histogram& histogram, const char* css_class) {
  std::string points;
  for (std::size_t n = 0; n < histogram.density.size(); ++n) {
    points += point(frame, histogram.bins, n, histogram.density[n]);
  }
  return std::string("<polyline class=\"") + css_class + "\" points=\"" + points + "\"/>";
}

std::string area(const Frame& frame, const HistogramBand& band) {
  std::string points;
  for (std::size_t n = 0; n < band.high.size(); ++n) points += point(frame, band.bins, n, band.high[n]);
  for (std::size_t n = band.low.size(); n-- > 0;) points += point(frame, band.bins, n, band.low[n]);
  return "<polygon class=\"band\" points=\"" + points + "\"/>";
}

std::string axis(const Frame& frame) {
  std::string svg;
  const double step = frame.bins.high - frame.bins.low > 2.0 ? 0.5 : 0.25;
  for (double at = std::ceil(frame.bins.low / step) * step; at <= frame.bins.high + 1e-9; at += step) {
    const std::string x = fixed(frame.x(at), 1);
    svg += "<line class=\"grid\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + fixed(kTop, 0) + "\" y2=\"" +
           fixed(kBottom, 0) + "\"/><text class=\"tick\" x=\"" + x + "\" y=\"" + fixed(kBottom + 16, 0) +
           "\">" + tick_number(at) + "</text>";
  }
  svg += "<line class=\"axis\" x1=\"" + fixed(kLeft, 0) + "\" x2=\"" + fixed(kRight, 0) + "\" y1=\"" +
         fixed(kBottom, 0) + "\" y2=\"" + fixed(kBottom, 0) + "\"/>";
  svg += "<text class=\"label\" x=\"" + fixed((kLeft + kRight) / 2, 0) + "\" y=\"" + fixed(kHeight - 8, 0) +
         "\">intensity (white matter = 1)</text>";
  svg += "<text class=\"label\" transform=\"translate(14 " + fixed((kTop + kBottom) / 2, 0) +
         ") rotate(-90)\">share of voxels</text>";
  return svg;
}

/// The intensity in the middle of the tissue, for the words beside the picture.
double median_of(const Histogram& histogram) {
  double total = 0.0;
  for (const double density : histogram.density) total += density;
  double sum = 0.0;
  for (std::size_t n = 0; n < histogram.density.size(); ++n) {
    sum += histogram.density[n];
    if (sum >= total / 2) {
      return histogram.bins.low + (static_cast<double>(n) + 0.5) * histogram.bins.width();
    }
  }
  return histogram.bins.high;
}

}  // namespace

std::string histogram_svg(const HistogramFigure& given) {
  HistogramFigure figure = given;
  const int people = figure.reference_people;
  const bool of_few = figure.reference && people > 0 && people < kFewestPeople;
  if (of_few) figure.reference.reset();
  if (!figure.before && !figure.after && !figure.reference) return {};
  std::string legend = "<p class=\"legend\">";
  if (of_few)
    legend += "<span class=\"entry\">reference of " +
              counted(static_cast<std::size_t>(people), "person", "people") +
              ": too few to say what is usual, so no band is drawn</span>";
  if (figure.reference)
    legend += "<span class=\"entry\"><span class=\"key band\"></span>usual at the reference (5 to 95 % of " +
              (people > 0 ? "its " + std::to_string(people) + " people" : "people; how many is not known") +
              ", bin by bin)</span>";
  if (figure.before)
    legend +=
        "<span class=\"entry\"><span class=\"key before\"></span>before, as it came (with its receive "
        "field)</span>";
  if (figure.after) legend += "<span class=\"entry\"><span class=\"key after\"></span>after</span>";
  legend += "</p>";

  std::string panels;
  for (std::size_t t = 0; t < core::kTissueCount; ++t) {
    Frame frame;
    frame.bins = figure.before  ? (*figure.before)[t].bins
                 : figure.after ? (*figure.after)[t].bins
                                : (*figure.reference)[t].bins;
    frame.highest = 1e-9;
    const auto reach = [&](const std::vector<double>& densities) {
      for (const double density : densities) frame.highest = std::max(frame.highest, 1.05 * density);
    };
    if (figure.before) reach((*figure.before)[t].density);
    if (figure.after) reach((*figure.after)[t].density);
    if (figure.reference) reach((*figure.reference)[t].high);

    std::string words = std::string(kTissueNames[t]) + ": histogram of intensity";
    std::string medians;
    if (figure.before) {
      medians = "median " + fixed(median_of((*figure.before)[t]), 2);
      if (figure.after) medians += " \xE2\x86\x92 " + fixed(median_of((*figure.after)[t]), 2);
    } else if (figure.after) {
      medians = "median " + fixed(median_of((*figure.after)[t]), 2);
    }
    if (!medians.empty()) words += ", " + medians;
    panels += "<figure class=\"panel\"><figcaption>" + std::string(kTissueNames[t]) + " <small>" + medians +
              "</small></figcaption><svg viewBox=\"0 0 " + fixed(kWidth, 0) + " " + fixed(kHeight, 0) +
              "\" width=\"" + fixed(kWidth, 0) + "\" height=\"" + fixed(kHeight, 0) +
              "\" role=\"img\" aria-label=\"" + words + "\">" + axis(frame);
    if (figure.reference) panels += area(frame, (*figure.reference)[t]);
    if (figure.before) panels += curve(frame, (*figure.before)[t], "before");
    if (figure.after) panels += curve(frame, (*figure.after)[t], "after");
    panels += "</svg></figure>";
  }
  return legend + "<div class=\"panels\">" + panels + "</div>";
}

}  // namespace isoscan::report
