#include "isoscan/core/version.hpp"

namespace isoscan::core {

std::string version() {
  return ISOSCAN_VERSION;
}

std::string software() {
  return "isoscan " + version();
}

}  // namespace isoscan::core
