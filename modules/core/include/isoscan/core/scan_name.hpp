/// @file What the name of a scan says.
#pragma once

#include <string>

namespace isoscan::core {

/// "sub-01" of "sub-01_ses-2": sessions of one person are no further people.
[[nodiscard]] inline std::string person_of_scan(const std::string& scan) {
  return scan.substr(0, scan.find('_'));
}

}  // namespace isoscan::core
