#include "isoscan/report/libraries.hpp"

#include <png.h>
#include <zlib.h>

#include "embedded.hpp"

namespace isoscan::report {

std::string libraries() {
  return std::string("libpng ") + png_get_libpng_ver(nullptr) + ", zlib " + zlibVersion() + ", templates " +
         std::string(templates_digest().substr(0, 16));
}

}  // namespace isoscan::report
