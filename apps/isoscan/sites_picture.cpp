#include "sites_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "plane_view.hpp"

namespace isoscan::app {

namespace {

constexpr double kEdge = 640;
constexpr double kTop = 64;
constexpr double kMargin = 20;
constexpr double kLetter = 6.6;  // width, in pixels, of the 12-pixel letters
constexpr double kLine = 14;
constexpr const char* kTitle = "<title>Sites about their reference</title>";
constexpr const char* kInk = "#3a3f47";
// Okabe and Ito's blue and orange; shapes differ too.
constexpr const char* kNear = "#0072b2";
constexpr const char* kFar = "#d55e00";
constexpr std::size_t kLongestName = 40;

struct Box {
  double left, top, right, bottom;
  [[nodiscard]] bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

std::string words(double x, double y, const std::string& text, const char* more = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + more + ">" + escaped(text) + "</text>\n";
}

/// 1, 2 or 5 times a power of ten, so that two to five rings fit.
double ring_step(double reach) {
  const double rough = reach / 4.0;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= rough) return step * power;
  }
  return 10.0 * power;
}

/// Names of the sites furthest out first; one that finds no room is left to the pointer.
std::string labels(const std::vector<SiteDot>& sites, double scale, std::size_t& left_out) {
  const auto px = [&](const SiteDot& s) { return 0.5 * kEdge + scale * s.x; };
  const auto py = [&](const SiteDot& s) { return 0.5 * kEdge - scale * s.y; };
  std::vector<Box> taken{{0.5 * kEdge - 8, 0.5 * kEdge - 8, 0.5 * kEdge + 70, 0.5 * kEdge + 8}};
  for (const SiteDot& site : sites) taken.push_back({px(site) - 6, py(site) - 6, px(site) + 6, py(site) + 6});
  std::vector<const SiteDot*> order;
  for (const SiteDot& site : sites) order.push_back(&site);
  std::stable_sort(order.begin(), order.end(), [](const SiteDot* a, const SiteDot* b) {
    return std::hypot(a->x, a->y) > std::hypot(b->x, b->y);
  });
  std::string drawn;
  for (const SiteDot* site : order) {
    const double width = kLetter * static_cast<double>(site->name.size());
    const double x = px(*site);
    const double y = py(*site);
    const std::array<std::array<double, 2>, 4> places{
        {{x + 10, y}, {x - 10 - width, y}, {x - 0.5 * width, y - 14}, {x - 0.5 * width, y + 14}}};
    bool placed = false;
    for (const auto& [from, middle] : places) {
      const Box box{from, middle - 0.5 * kLine, from + width, middle + 0.5 * kLine};
      const bool outside = box.left < 2 || box.right > kEdge - 2 || box.top < 2 || box.bottom > kEdge - 2;
      if (outside || std::any_of(taken.begin(), taken.end(), [&](const Box& b) { return b.meets(box); }))
        continue;
      drawn += words(from, middle + 4, site->name);
      taken.push_back(box);
      placed = true;
      break;
    }
    if (!placed) ++left_out;
  }
  return drawn;
}

}  // namespace

std::string sites_picture(const std::vector<SiteDot>& given, double shown) {
  std::vector<SiteDot> sites = given;
  double reach = 1.0;
  for (SiteDot& site : sites) {
    reach = std::max(reach, std::hypot(site.x, site.y));
    if (site.name.size() > kLongestName) site.name = site.name.substr(0, kLongestName - 3) + "...";
  }
  reach *= 1.15;
  const double scale = 0.5 * kEdge / reach;
  std::string panel;
  const double step = ring_step(reach);
  for (double r = step; r < reach; r += step) {
    panel += "<circle cx=\"" + number(0.5 * kEdge) + "\" cy=\"" + number(0.5 * kEdge) + "\" r=\"" +
             number(scale * r) + "\" fill=\"none\" stroke=\"#d5d9e0\"/>\n" +
             words(0.5 * kEdge + 3, 0.5 * kEdge - scale * r - 3, number(r), "fill=\"#7a808a\"");
  }
  for (const SiteDot& site : sites) {
    const std::string x = number(0.5 * kEdge + scale * site.x);
    const std::string y = number(0.5 * kEdge - scale * site.y);
    const std::string about = "><title>" + escaped(site.about) + "</title>";
    panel += site.differs ? "<path d=\"M" + x + " " + y + "m0 -6l6 10.5h-12z\" fill=\"" + kFar + "\"" +
                                about + "</path>\n"
                          : "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"5\" fill=\"" + kNear + "\"" +
                                about + "</circle>\n";
  }
  panel += "<path d=\"M" + number(0.5 * kEdge) + " " + number(0.5 * kEdge) + "m-7 0h14m-7 -7v14\" stroke=\"" +
           kInk + "\" stroke-width=\"2\"/>\n" +
           words(0.5 * kEdge + 10, 0.5 * kEdge + 4, "reference", "font-weight=\"600\"");
  std::size_t left_out = 0;
  panel += labels(sites, scale, left_out);
  const std::string width = number(kEdge + 2 * kMargin);
  const std::string height = number(kEdge + kTop + 2 * kMargin + 8);
  const std::string edge = number(kEdge);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
                    "\" viewBox=\"0 0 " + width + " " + height +
                    "\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\" fill=\"" + kInk + "\">\n" +
                    kTitle + "\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
  svg += words(kMargin, 22,
               std::to_string(sites.size()) + (sites.size() == 1 ? " site" : " sites") +
                   " about the reference, in SDs between scans of one site",
               "font-size=\"15\" font-weight=\"600\"");
  svg += "<circle cx=\"" + number(kMargin + 5) + "\" cy=\"42\" r=\"5\" fill=\"" + kNear + "\"/>\n" +
         words(kMargin + 16, 46, "not told apart from the reference");
  svg += "<path d=\"M" + number(kMargin + 245) + " 42m0 -6l6 10.5h-12z\" fill=\"" + kFar + "\"/>\n" +
         words(kMargin + 258, 46, "differs by more than chance (5 %)");
  svg += "<g transform=\"translate(" + number(kMargin) + " " + number(kTop) + ")\">\n<rect width=\"" + edge +
         "\" height=\"" + edge + "\" rx=\"6\" fill=\"#f7f8fa\" stroke=\"#d5d9e0\"/>\n" + panel + "</g>\n";
  std::string note = "The plane shows " + number(100.0 * shown) + " % of the squared distances";
  if (left_out > 0)
    note += "; " + std::to_string(left_out) + (left_out == 1 ? " name" : " names") +
            " found no room (rest the pointer on a dot)";
  return svg + words(kMargin, kTop + kEdge + kMargin, note) + "</svg>\n";
}

bool is_sites_picture(const boost::filesystem::path& file) {
  try {
    return core::read_file(file, 1 << 24).find(kTitle) != std::string::npos;
  } catch (const core::Error&) {
    return false;
  }
}

}  // namespace isoscan::app
