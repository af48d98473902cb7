#include "plane_view.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace isoscan::app {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string result = text;
  if (result.ends_with(".0")) result.resize(result.size() - 2);
  return result == "-0" ? "0" : result;
}

View::View(const std::array<const transport::Rows*, 3>& clouds) {
  std::array<double, 2> low{1e300, 1e300};
  std::array<double, 2> high{-1e300, -1e300};
  for (const transport::Rows* rows : clouds) {
    for (std::size_t d = 0; d < 2; ++d) {
      std::vector<double> values;
      for (std::int64_t i = 0; i < rows->count; ++i)
        values.push_back(static_cast<double>(rows->at(i, static_cast<std::int64_t>(d))));
      std::sort(values.begin(), values.end());
      const auto cut = static_cast<std::size_t>(0.005 * static_cast<double>(values.size()));
      low[d] = std::min(low[d], values[cut]);
      high[d] = std::max(high[d], values[values.size() - 1 - cut]);
    }
  }
  edge = 1.12 * std::max({high[0] - low[0], high[1] - low[1], 1e-6 * std::abs(high[0]), 1e-30});
  x = 0.5 * (low[0] + high[0] - edge);
  y = 0.5 * (low[1] + high[1] - edge);
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') {
      result += "&lt;";
    } else if (c == '&') {
      result += "&amp;";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace isoscan::app
