#include "isoscan/report/libraries.hpp"

#include <png.h>
#include <zlib.h>

namespace isoscan::report {

std::string libraries() {
  return std::string("libpng ") + png_get_libpng_ver(nullptr) + ", zlib " + zlibVersion();
}

}  // namespace isoscan::report
