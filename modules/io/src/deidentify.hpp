/// @file The allow-list: every attribute of a source that a derived object may take over, and how. What is
/// not here does not pass: no private attribute, no overlay, curve, icon, graphic or free text.
/// PS3.15 Annex E (Basic Application Level Confidentiality Profile), PS3.3 A.4 (MR Image IOD).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/io/derived_dicom.hpp"

#include "dicom_file.hpp"

namespace isoscan::io {

enum class Pass : std::uint8_t {
  Number,  ///< numbers within low..high, as they are written; else nothing
  Code,    ///< those of its values that `codes` names; codes are words of the standard, never free text
  Device,  ///< maker, model, software: printable ASCII, at most 64 characters
  Hash,    ///< replaced by a digest (io::station_hash)
  Uid,     ///< Remove: mapped by keyed hash; Keep: as it is
  Label,   ///< Remove: replaced by the pseudonym; Keep: as it is
  Empty,   ///< Remove: empty (the IOD wants the attribute); Keep: as it is
  Absent,  ///< Remove: left out; Keep: as it is, where the source has it
  Blank,   ///< empty where the source has a value: that there was something, not what
};

struct AttributeRule {
  DicomTag tag;
  Pass pass;
  bool required = false;   ///< written empty where nothing passes (type 2 of the IOD)
  double low = 0.0;        ///< Number
  double high = 0.0;       ///< Number
  const char* codes = "";  ///< Code: with backslashes between, and around
  DicomTag group = {};     ///< functional group sequence that Enhanced objects keep it in
  DicomTag enhanced = {};  ///< its attribute there, where that is another
};

/// The one table.
[[nodiscard]] const std::vector<AttributeRule>& attribute_rules();

/// The values that pass a Number, Code or Device rule, joined by backslashes.
[[nodiscard]] std::string passing_values(const AttributeRule& rule, const std::string& text);

/// The same by the attribute's own Code rule; the whole text where it has none.
[[nodiscard]] std::string known_codes(DicomTag tag, const std::string& text);

/// The number where it lies within the range of the attribute's own Number rule; else nothing: a header's
/// number field can hold a telephone number.
[[nodiscard]] std::optional<double> plausible(DicomTag tag, std::optional<double> value);

/// True where the text is numbers in decimal notation, with backslashes between.
[[nodiscard]] bool is_decimal(const std::string& text);

/// ImageType with the words that scanners write there; words that are not known are left out.
[[nodiscard]] std::string known_image_type(const std::string& text);

}  // namespace isoscan::io
