#include "dcmtk/config/osconfig.h"

#include <dcmtk/dcmdata/dcuid.h>
#include <dlfcn.h>
#include <gdcmVersion.h>
#include <zlib.h>

#include "isoscan/io/libraries.hpp"

namespace isoscan::io {

namespace {

/// GDCM's decoder of JPEG 2000. We do not link it ourselves, so it is asked for by name.
std::string openjpeg_version() {
  using Version = const char* (*)();
  const auto version = reinterpret_cast<Version>(dlsym(RTLD_DEFAULT, "opj_version"));
  return version == nullptr ? "within gdcm" : version();
}

}  // namespace

std::string libraries() {
  return std::string("dcmtk ") + OFFIS_DCMTK_VERSION_STRING + ", gdcm " + gdcm::Version::GetVersion() +
         ", openjpeg " + openjpeg_version() + ", zlib " + zlibVersion();
}

}  // namespace isoscan::io
