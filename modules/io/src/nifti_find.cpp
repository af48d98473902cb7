#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"

#include "bids_inputs.hpp"
#include "bids_name.hpp"
#include "candidates.hpp"
#include "device.hpp"
#include "nifti_header.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;

namespace {

constexpr std::int64_t kFewestSlices = 8;

/// "sub-01" or "ses-1" as a folder above the file, up to `root`.
std::optional<fs::path> folder_above(const fs::path& root, const fs::path& file, const std::string& prefix) {
  for (fs::path at = file.parent_path(); !at.empty() && at != at.parent_path(); at = at.parent_path()) {
    if (boost::starts_with(at.filename().string(), prefix)) return at;
    if (at == root) break;
  }
  return std::nullopt;
}

/// The nearest folder whose name says something, where the file name is only "T1w.nii.gz".
fs::path telling_folder(const fs::path& root, const fs::path& file) {
  for (fs::path at = file.parent_path(); !at.empty(); at = at.parent_path()) {
    const std::string name = boost::to_lower_copy(at.filename().string());
    const bool generic = name == "anat" || name == "nifti" || name == "nii" || name == "mri" ||
                         name == "scans" || name == "raw" || name == "orig" ||
                         parse_scan_name(name).subject.empty();
    if (!generic || at == root) return at;
  }
  return root;
}

/// What the name says of the contrast.
Verdict verdict_of_name(const std::string& suffix) {
  Verdict verdict;
  if (suffix.empty()) verdict.what = kTakenForT1w;
  if (suffix.empty() || suffix == "T1w") return verdict;
  verdict.contrast = suffix == "T2w" ? Contrast::T2w : suffix == "FLAIR" ? Contrast::Flair : Contrast::Other;
  verdict.what = suffix;
  verdict.reason = suffix + " by its name: only T1w is harmonized in this version";
  return verdict;
}

/// The same where the name says nothing and the sidecar tells how late the echo was.
void check_sidecar(const Acquisition& acquisition, Verdict& verdict) {
  if (verdict.contrast != Contrast::T1w || acquisition.echo_time_ms.value_or(0.0) <= kLongestT1EchoMs) return;
  verdict.contrast = contrast_of_late_echo(*acquisition.echo_time_ms, acquisition.inversion_time_ms);
  verdict.what =
      verdict.contrast == Contrast::Other ? "proton-density-weighted" : suffix_of(verdict.contrast);
  verdict.reason = "not T1-weighted: its sidecar says an echo time of " +
                   std::to_string(std::lround(*acquisition.echo_time_ms)) + " ms";
}

/// Whether the header says that this can be one 3-D scan.
void check_header(const NiftiHeader& header, Verdict& verdict) {
  const std::int64_t fewest = *std::min_element(header.grid.size.begin(), header.grid.size.end());
  if (header.volumes > 1) {
    verdict.volumes = header.volumes;
    verdict.no_volume = several_volumes(header.volumes);
    verdict.needs_first_volume = fewest >= kFewestSlices;
  } else if (fewest < kFewestSlices) {
    verdict.no_volume =
        "has only " + std::to_string(fewest) + " voxels along an axis: too few slices for a volume";
  }
  if (verdict.reason.empty()) verdict.reason = verdict.no_volume;
}

Candidate candidate_of(const fs::path& root, const fs::path& file, const ScanName& name, Found& found) {
  Candidate c;
  c.where = name_below(root, file);
  c.source.files = {file};
  c.source.session = name.session;
  c.source.run = name.run;
  c.source.acq = name.acq;
  c.source.entities = name.entities;
  const auto subject_folder = folder_above(root, file, "sub-");
  if (c.source.session.empty()) {
    if (const auto folder = folder_above(root, file, "ses-"))
      c.source.session = safe_label(folder->filename().string().substr(4));
  }
  fs::path person_folder = file.parent_path();
  std::string raw = name.raw_subject;
  if (subject_folder) {
    if (!name.has_sub) raw = subject_folder->filename().string().substr(4);
    person_folder = subject_folder->parent_path();
  } else if (name.subject.empty()) {
    const fs::path telling = telling_folder(root, file);
    raw = telling.filename().string();
    person_folder = telling.parent_path();
  }
  c.source.subject = safe_label(raw);
  if (c.source.subject.empty()) c.source.subject = "scan";
  c.person = person_folder.string() + "/" + raw;
  c.named = name.has_sub || subject_folder.has_value();
  const fs::path whole = fs::absolute(file).lexically_normal();
  const fs::path data_set = data_set_of(whole);
  c.source.acquisition = inherited_acquisition(root, sidecars_of(data_set, whole), found);
  c.source.site = site_of_device(c.source.acquisition);
  take_tables(root, data_set, c, found);
  c.source.bids_path = bids_path_of(data_set, whole);
  return c;
}

}  // namespace

void sort_nifti_files(const fs::path& root, const std::vector<fs::path>& files, bool by_name,
                      const Look& look, Found& found) {
  std::map<std::string, fs::path> masks;   // base name -> mask, the one that says "brain" first
  std::map<std::string, fs::path> wholes;  // base name -> a scan that is not somebody's skull-stripped copy
  for (const fs::path& file : files) {
    const ScanName name = parse_scan_name(stem_of(file));
    if (name.brain_mask) {
      const bool says_brain = boost::icontains(file.filename().string(), "brain");
      if (says_brain || masks.count(name.base) == 0) masks[name.base] = file;
    } else if (name.label_word.empty() && !name.brain_only) {
      wholes.emplace(name.base, file);
    }
  }
  for (const fs::path& file : files) {
    const auto leave = [&](const std::string& reason, bool broken = false) {
      found.set_aside.push_back({name_below(root, file), reason, broken});
    };
    const ScanName name = parse_scan_name(stem_of(file));
    Verdict verdict = by_name && look.take == Take::T1w ? Verdict{} : verdict_of_name(name.suffix);
    if (!by_name) {
      if (name.brain_mask && wholes.count(name.base) > 0 && masks[name.base] == file)
        continue;  // goes with its scan
      if (name.brain_mask) {
        leave("a mask without a scan of its own beside it");
        continue;
      }
      if (!name.label_word.empty()) {
        leave("a label image by its name (" + clean_text(name.label_word) + "), not a scan");
        continue;
      }
      if (name.harmonized) {
        leave("an output of Isoscan (desc-harmonized)");
        continue;
      }
      if (look.take == Take::T1w && !verdict.reason.empty()) {
        leave(verdict.reason);
        continue;
      }
      if (name.brain_only && wholes.count(name.base) > 0) {
        leave("a skull-stripped copy of " + wholes[name.base].filename().string() + ", which is taken");
        continue;
      }
    }
    try {
      const NiftiHeader header = read_nifti_header(file);
      if (!header.no_numbers.empty()) {
        leave(header.no_numbers);
        continue;
      }
      check_header(header, verdict);
      if (!is_wanted(verdict, look)) {
        leave(verdict.reason);
        continue;
      }
      Candidate c = candidate_of(root, file, name, found);
      if (name.suffix.empty() && !by_name) check_sidecar(c.source.acquisition, verdict);
      if (!is_wanted(verdict, look)) {
        leave(verdict.reason);
        continue;
      }
      c.source.suffix = suffix_of(verdict.contrast);
      if (verdict.contrast == Contrast::Other) c.source.series = safe_label(verdict.what);
      c.verdict = verdict;
      c.size = header.grid.size;
      c.spacing_mm = header.grid.spacing_mm();
      c.stamps = {stamp_of(file)};
      c.bytes = c.stamps.front().bytes;
      if (header.voxel_file != file) c.bytes += stamp_of(header.voxel_file).bytes;
      if (const auto mask = masks.find(name.base); mask != masks.end() && mask->second != file)
        c.source.brain_mask = mask->second;
      found.candidates.push_back(std::move(c));
    } catch (const Error& error) {
      leave(reason_without_path(error.what(), file), true);
    }
  }
}

}  // namespace isoscan::io
