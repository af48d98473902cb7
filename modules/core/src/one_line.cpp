#include "isoscan/core/one_line.hpp"

namespace isoscan::core {

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace isoscan::core
