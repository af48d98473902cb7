/// @file Words by which scanners and technicians say what an image is not: an anatomical scan.
#pragma once

#include <string>

namespace isoscan::io {

/// The word, with no letter or digit beside it.
[[nodiscard]] bool has_word(const std::string& text, const std::string& word);

/// "t2" in "sT2W" and "3dT2", not in "test2": at most one letter in front.
[[nodiscard]] bool has_contrast(const std::string& text, const std::string& word);

/// What a description (lower case) that ends the matter says, "t1" or not: "a localizer"; empty where it does
/// not.
[[nodiscard]] std::string never_a_scan(const std::string& description);

/// What ImageType (values joined by backslashes) says is computed, or not the magnitude; empty where nothing.
[[nodiscard]] std::string image_type_reason(const std::string& image_type);

/// What BodyPartExamined (upper case) says where that is no head; empty where it may be one.
[[nodiscard]] std::string body_part_reason(const std::string& part);

}  // namespace isoscan::io
