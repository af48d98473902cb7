/// @file The attributes of one derived slice but for its pixels.
#pragma once

#include "dcmtk/config/osconfig.h"

#include <string>

#include <dcmtk/dcmdata/dctk.h>

#include "isoscan/core/grid.hpp"
#include "isoscan/io/derived_dicom.hpp"

#include "source_frames.hpp"

namespace isoscan::io {

/// What all slices of a series share.
struct SeriesTexts {
  const DerivationFacts& facts;
  const DerivedDicomOptions& options;
  std::string subject;     ///< pseudonym
  std::string suffix;      ///< "T1w"
  std::string series_uid;  ///< of the derived series
};

/// Writes the text under the VR that the dictionary gives. @throws Error(Internal) where DCMTK refuses.
void put(DcmItem& to, const DcmTagKey& tag, const std::string& text);

/// What the allow-list (deidentify.hpp) takes over from the frame that `from` stands at. Attributes that the
/// MR Image IOD wants are there, if need be empty.
void take_over(const SourceFrames& from, const SeriesTexts& series, DcmItem& to);

/// Position, orientation and pixel size: the source's own text where it says just this, else the numbers
/// (planes of a mosaic, whose header tells where the whole lies).
void put_plane(const SourceFrames& from, const DicomFrame& frame, DcmItem& to);

/// That it is derived, from what, by what, and what became of the patient's identity.
/// @param frame  of which `from` is the file
void describe_derivation(const SourceFrames& from, const DicomFrame& frame, const SeriesTexts& series,
                         DcmItem& to);

/// DeidentificationMethod (0012,0063): what was done, and by a digest which key's pseudonyms these are.
[[nodiscard]] std::string deidentification_method(const std::string& key);

/// The UID as it may be written: mapped, or itself with DicomIdentity::Keep. Empty stays empty.
[[nodiscard]] std::string written_uid(const DerivedDicomOptions& options, const std::string& uid);

}  // namespace isoscan::io
