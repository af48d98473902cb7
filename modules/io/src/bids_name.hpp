/// @file What a file name says: subject, session, run, contrast; is it a mask, a label image, an output of
/// ours?
#pragma once

#include <string>
#include <string_view>

#include <boost/filesystem/path.hpp>

namespace isoscan::io {

struct ScanName {
  std::string subject;      ///< BIDS-safe; empty where the name holds none ("T1w.nii.gz")
  std::string raw_subject;  ///< as written: tells people apart whose labels become equal
  bool has_sub = false;     ///< the name has "sub-"
  std::string session;
  std::string run;
  std::string suffix;       ///< "T1w", "T2w", "FLAIR", "bold", ...; empty where the name says no contrast
  std::string label_word;   ///< "seg", "labels", ...: not a scan but what somebody found in one
  bool brain_mask = false;  ///< "_mask", "_brain_mask", "desc-brain_mask": may belong to a scan beside it
  bool brain_only = false;  ///< "..._brain": somebody's skull-stripped copy
  bool harmonized = false;  ///< "desc-harmonized": made by Isoscan
  std::string base;         ///< equal for a scan and its mask
};

/// `stem`: the file name without .nii, .nii.gz, .hdr.
[[nodiscard]] ScanName parse_scan_name(const std::string& stem);

/// Letters and digits alone: what BIDS allows in a label.
[[nodiscard]] std::string safe_label(std::string_view text);

/// .nii, .nii.gz, .hdr, .hdr.gz in any case.
[[nodiscard]] bool has_nifti_name(const boost::filesystem::path& file);
[[nodiscard]] std::string stem_of(const boost::filesystem::path& file);

}  // namespace isoscan::io
