/// @file What a file name says: subject, session, run, contrast; is it a mask, a label image, an output of
/// ours?
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/scan.hpp"

namespace isoscan::io {

struct ScanName {
  std::string subject;      ///< BIDS-safe; empty where the name holds none ("T1w.nii.gz")
  std::string raw_subject;  ///< as written: tells people apart whose labels become equal
  bool has_sub = false;     ///< the name has "sub-"
  std::string session;
  std::string run;
  std::string acq;  ///< with what BIDS allows in no anatomical name behind it: "dir-AP" becomes "dirAP"
  std::map<std::string, std::string> entities;  ///< of kept_entities()
  std::string suffix;       ///< "T1w", "T2w", "FLAIR", "bold", ...; empty where the name says no contrast
  std::string label_word;   ///< "seg", "labels", ...: not a scan but what somebody found in one
  bool brain_mask = false;  ///< "_mask", "_brain_mask", "desc-brain_mask": may belong to a scan beside it
  bool brain_only = false;  ///< "..._brain": somebody's skull-stripped copy
  bool harmonized = false;  ///< "desc-harmonized": made by Isoscan
  std::string base;         ///< equal for a scan and its mask
};

/// `stem`: the file name without .nii, .nii.gz, .hdr.
[[nodiscard]] ScanName parse_scan_name(const std::string& stem);

/// A name that is entities and a suffix, and nothing else: "sub-01_acq-a_T1w".
struct BidsName {
  std::vector<std::pair<std::string, std::string>> entities;  ///< as written, in the order of the name
  std::string suffix;
};

/// Empty suffix where the stem is no such name.
[[nodiscard]] BidsName parse_bids_name(const std::string& stem);

/// "sub-01_ses-1_acq-a_run-2" in BIDS' order, without desc and suffix.
[[nodiscard]] std::string entities_text(const ScanSource& scan);

/// Letters and digits alone: what BIDS allows in a label.
[[nodiscard]] std::string safe_label(std::string_view text);

/// .nii, .nii.gz, .hdr, .hdr.gz in any case.
[[nodiscard]] bool has_nifti_name(const boost::filesystem::path& file);
[[nodiscard]] std::string stem_of(const boost::filesystem::path& file);

}  // namespace isoscan::io
