#include "isoscan/report/training_page.hpp"

#include <algorithm>
#include <string>

#include "isoscan/core/error.hpp"

#include "axis.hpp"
#include "page.hpp"
#include "text.hpp"

namespace isoscan::report {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 300;
constexpr double kLeft = 60;
constexpr double kRight = 620;
constexpr double kTop = 16;
constexpr double kBottom = 260;

std::string curve_svg(const TrainingReport& report) {
  const auto [low, high] = std::minmax_element(report.held_out_db.begin(), report.held_out_db.end());
  const Axis x = axis_over(0.0, report.steps, kLeft, kRight);
  const Axis y = axis_over(*low, *high, kBottom, kTop);
  std::string points;
  std::string dots;
  for (std::size_t n = 0; n < report.judged_steps.size(); ++n) {
    const std::string px = fixed(x.x(report.judged_steps[n]), 1);
    const std::string py = fixed(y.x(report.held_out_db[n]), 1);
    points += px + "," + py + " ";
    dots += "<circle class=\"" + std::string(report.judged_steps[n] == report.best_step ? "best" : "judged") +
            "\" cx=\"" + px + "\" cy=\"" + py + "\" r=\"4\"><title>step " +
            std::to_string(report.judged_steps[n]) + ": " + fixed(report.held_out_db[n], 2) +
            " dB</title></circle>";
  }
  const auto label = [](const std::string& at, const std::string& text) {
    return "<text class=\"tick\" x=\"" + fixed(kLeft - 6, 0) + "\" y=\"" + at + "\" text-anchor=\"end\">" +
           text + "</text>";
  };
  return "<svg viewBox=\"0 0 " + fixed(kWidth, 0) + " " + fixed(kHeight, 0) +
         "\" role=\"img\" aria-label=\"Error on held-out sites by step\">" + axis_svg(x, kTop, kBottom) +
         label(fixed(y.x(*low), 1), fixed(*low, 2)) +
         (*high > *low ? label(fixed(y.x(*high), 1), fixed(*high, 2)) : std::string()) +
         "<polyline class=\"curve\" points=\"" + points + "\"/>" + dots + "</svg>";
}

}  // namespace

std::string training_page(const TrainingReport& report) {
  if (report.judged_steps.size() != report.held_out_db.size())
    throw core::Error(core::ErrorKind::Internal, "a training's steps and errors are not equally many");
  Fields page;
  const int done = report.judged_steps.empty() ? 0 : report.judged_steps.back();
  page.set("steps", std::to_string(report.steps));
  page.set("done", std::to_string(done));
  page.set("best", std::to_string(report.best_step));
  page.set("goes_on", done < report.steps);
  page.set("has_curve", !report.judged_steps.empty());
  page.set("curve", report.judged_steps.empty() ? std::string() : curve_svg(report));
  std::vector<Fields> rows;
  for (std::size_t n = report.judged_steps.size(); n-- > 0;) {
    Fields row;
    row.set("step", std::to_string(report.judged_steps[n]));
    row.set("db", fixed(report.held_out_db[n], 2));
    rows.push_back(row);
  }
  page.set("rows", list_of(std::move(rows)));
  return render_page("training", page, {});
}

}  // namespace isoscan::report
