/// @file What a DICOM header says, as few bytes: 100,000 headers stay in memory or go into a journal.
#pragma once

#include <string>

#include "dicom_image.hpp"

namespace isoscan::io {

/// CBOR (RFC 8949) in two parts. A hundred slices of one series differ in `own` alone.
struct HeaderRecord {
  std::string common;  ///< what the images of a series mostly share: device, person, sequence, orientation
  std::string own;     ///< what differs from slice to slice: UID, number, position, scaling
  bool operator==(const HeaderRecord&) const = default;
};

/// All of the image but `file`.
[[nodiscard]] HeaderRecord record_of(const DicomImage& image);

/// @throws Error(Input) where the bytes are none that record_of makes.
[[nodiscard]] DicomImage image_of(const std::string& common, const std::string& own,
                                  const boost::filesystem::path& file);

/// Changes when the fields of a record do: records of another layout are not read.
[[nodiscard]] std::string record_layout();

}  // namespace isoscan::io
