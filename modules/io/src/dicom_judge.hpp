/// @file What the volumes of a DICOM series show.
#pragma once

#include <vector>

#include "dicom_stack.hpp"
#include "verdict.hpp"

namespace isoscan::io {

/// By ImageType, body part, description, sequence and times; in doubt an anatomical stack is T1-weighted.
/// @param placed  `place` of this stack
/// @param echoes  how many echo times its series has
[[nodiscard]] Verdict classify(const std::vector<DicomImage>& images, const DicomStack& stack,
                               const PlacedStack& placed, std::size_t echoes);

}  // namespace isoscan::io
