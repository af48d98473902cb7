/// @file Where what lies in a folder of reports. Private to report.
#pragma once

#include <string>

namespace isoscan::report {

inline std::string page_place(const std::string& scan) {
  return scan + ".html";
}
inline std::string facts_place(const std::string& scan) {
  return scan + ".json";
}
inline std::string figures_place(const std::string& scan) {
  return "figures/" + scan + ".json";
}
inline std::string thumbnail_place(const std::string& scan) {
  return "thumbnails/" + scan + ".png";
}

}  // namespace isoscan::report
