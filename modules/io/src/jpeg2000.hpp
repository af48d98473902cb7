/// @file JPEG 2000 in DICOM through GDCM's codec: DCMTK cannot decode it.
#pragma once

#include <vector>

#include "dicom_image.hpp"

namespace isoscan::io {

/// Stored values of one frame of `image`, in this machine's byte order. `expected`: their bytes.
/// @throws Error(Input) where the stream cannot be decoded or has another size than the header says.
[[nodiscard]] std::vector<unsigned char> decode_jpeg2000(const DicomImage& image,
                                                         const std::vector<unsigned char>& stream,
                                                         std::size_t expected);

}  // namespace isoscan::io
