/// @file JPEG 2000 in DICOM through ITK's GDCM: DCMTK cannot decode it.
#pragma once

#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::io {

/// Values of a single-frame file with its rescale slope and intercept applied. @throws Error(Input).
[[nodiscard]] std::vector<double> read_jpeg2000(const boost::filesystem::path& file, std::size_t pixels);

}  // namespace isoscan::io
