/// @file Labels of DICOM subjects that cannot be guessed.
#pragma once

#include <string>
#include <string_view>

#include "candidates.hpp"

namespace isoscan::io {

/// DICOM subjects are labelled by the beginning of an unsalted digest of the patient's ID, which whoever can
/// list all IDs can undo. With a key the labels are made by HMAC-SHA-256 of that digest; labels that a table
/// gave stay. An empty key changes nothing. Call it before labels are made unique.
void key_labels(Found& found, std::string_view key);

/// The label of a DICOM subject. @param person  digest of the patient's ID, as DicomImage has it
[[nodiscard]] std::string dicom_label(const std::string& person, std::string_view key);

}  // namespace isoscan::io
