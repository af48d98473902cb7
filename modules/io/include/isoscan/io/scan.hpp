/// @file What a scan is before its voxels are read: where it lies, who (a pseudonym), from which device.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::io {

/// How the scan was made, by allow-list: nothing here names a person, a date or an institution.
struct Acquisition {
  std::string modality;      ///< "MR"
  std::string manufacturer;  ///< "SIEMENS"
  std::string model;
  std::string software;
  std::string station_hash;  ///< SHA-256 prefix of station name and serial number
  std::string sequence;      ///< ScanningSequence/SequenceVariant/SequenceName, as written
  std::string image_type;    ///< "ORIGINAL\PRIMARY\M\ND"
  std::optional<double> field_strength_t;
  std::optional<double> repetition_time_ms;
  std::optional<double> echo_time_ms;
  std::optional<double> inversion_time_ms;
  std::optional<double> flip_angle_deg;
  std::optional<double> slice_thickness_mm;

  bool operator==(const Acquisition&) const = default;
};

enum class SourceKind : std::uint8_t { Nifti, DicomSeries };

/// Which numbers a DICOM image's voxels stand for.
enum class Scaling : std::uint8_t {
  Auto,       ///< Philips' floating values where their private factors are there, else Rescale
  Rescale,    ///< rescale slope and intercept, as a viewer shows it
  Stored,     ///< the stored integers
  RealWorld,  ///< Real World Value Mapping; an error where there is none
  Philips,    ///< Philips' floating values (Chenevert et al. 2014); an error where the factors are missing
};

/// "auto", "rescale", "stored", "real-world", "philips".
[[nodiscard]] const char* name(Scaling scaling);
/// @throws Error(Config) where there is no such name.
[[nodiscard]] Scaling scaling_named(const std::string& name);

/// Choices that change what a scan's voxels are; each one taken is said in LoadedScan::notes.
struct ReadChoices {
  Scaling scaling = Scaling::Auto;
  bool first_volume =
      false;              ///< of several volumes on one grid (a series over time) the first, not a refusal
  bool resample = false;  ///< tilted or unevenly spaced slices onto a regular grid (linear), not a refusal
  bool operator==(const ReadChoices&) const = default;
};

/// The keys that ScanSource::entities may hold, in BIDS' order: those that BIDS 1.8 allows in the name of an
/// anatomical image or of a derivative of one, beside sub, ses, acq, run and desc.
[[nodiscard]] const std::vector<std::string>& kept_entities();

/// One scan that can be read. `id()` is unique in a list.
struct ScanSource {
  std::string subject;         ///< BIDS label without "sub-", letters and digits only
  std::string session;         ///< BIDS label without "ses-", or empty
  std::string acq;             ///< BIDS label without "acq-", or empty
  std::string run;             ///< BIDS label without "run-", or empty: keeps two scans of one session apart
  std::string suffix = "T1w";  ///< "T1w", "T2w", "FLAIR"; "other" for every other volume (FindOptions::all)
  std::string site;            ///< from the table, else from the device ("SIEMENS-Prisma-3T"), else "unknown"
  std::map<std::string, std::string> covariates;  ///< further columns of the table
  SourceKind kind = SourceKind::Nifti;
  std::vector<boost::filesystem::path> files;  ///< NIfTI: one; DICOM: the series' files, or one Enhanced file
  std::string part;  ///< DICOM: which volume of `files`, where they hold several ("2"); empty: they hold one
  ReadChoices read;  ///< how read_scan reads it
  std::optional<boost::filesystem::path> brain_mask;
  Acquisition acquisition;
  std::vector<std::string> warnings;  ///< what the list alone tells: "... come from 2 scanners ..."
  std::string series;  ///< suffix "other": which series, as "7" or "7part2" (letters and digits)
  /// Further BIDS entities of the input's name that outputs keep, by key: {"rec", "norm"}. Keys are those of
  /// kept_entities(), labels hold letters and digits only.
  std::map<std::string, std::string> entities;
  /// Path below the BIDS data set that the file lies in, with '/': only where every part of it is made of
  /// labels, so that outputs may name it; else empty.
  std::string bids_path;

  /// "sub-01_ses-1_acq-a_rec-norm_run-2": entities in BIDS' order; a suffix other than T1w comes last.
  [[nodiscard]] std::string id() const;
};

/// An input that is no scan to harmonize, or that could not be read. Nothing passes silently.
struct SetAside {
  std::string name;    ///< path below SCANS (no absolute paths leave io)
  std::string reason;  ///< one line
  bool broken =
      false;  ///< true: damaged (the run ends with 8); false: fine, but not a scan to harmonize (skipped)
};

struct ScanList {
  std::vector<ScanSource> scans;      ///< sorted by id
  std::vector<SetAside> set_aside;    ///< sorted by name
  std::vector<std::string> warnings;  ///< of sites that seem to mix scanners
  std::size_t left_out = 0;           ///< scans and other inputs that FindOptions::only left out
  boost::filesystem::path tree;  ///< the folder that was searched, of a study too; empty: a table or one file
};

/// Which scans are wanted: labels with or without their prefix ("01" or "sub-01"). An empty list wants all.
/// The labels are those of the list that find_scans gives: of DICOM the pseudonyms. A run is matched as a
/// number ("1" is "01").
struct ScanFilter {
  std::vector<std::string> subjects;
  std::vector<std::string> sessions;
  std::vector<std::string> acquisitions;
  std::vector<std::string> runs;
  std::vector<std::string> suffixes;  ///< "T1w"

  [[nodiscard]] bool empty() const {
    return subjects.empty() && sessions.empty() && acquisitions.empty() && runs.empty() && suffixes.empty();
  }
};

/// Those of the list that the filter wants. An input that is set aside goes by the labels in its name; one
/// whose name tells nothing stays. Labels and ids are as they were: what is left out never renames what
/// stays.
/// @throws Error(Config) where a label matches no scan and no other input, naming what is there.
[[nodiscard]] ScanList select_scans(ScanList list, const ScanFilter& only);

/// What find_scans is to look for.
struct FindOptions {
  /// Secret bytes that labels of DICOM subjects are made with (HMAC-SHA-256 of the patient's ID); the same
  /// key gives the same labels. Empty: an unsalted digest of the ID, which a list of IDs undoes.
  std::string pseudonym_key;
  ReadChoices read;  ///< for every scan of the list
  /// Every volume, and not only T1w: T2w, FLAIR, and others under the suffix "other".
  bool all = false;
  ScanFilter only{};  ///< select_scans with the whole list; empty: all
};

/// SCANS: a folder tree of DICOM and NIfTI in any mix, a BIDS data set, one file, or a TSV table
/// (path, subject, session, site, mask, covariates...; paths relative to the table), a DICOMDIR, or the
/// output folder of `ingest` (study.hpp), whose list is taken as it stands. Reads headers, and the voxels of
/// NIfTI files only as far as it takes to tell copies from scans: a copy of a scan that is taken is set
/// aside.
/// @throws Error(Io) where SCANS is not there; Error(Input) where a table is malformed, with line and column.
[[nodiscard]] ScanList find_scans(const boost::filesystem::path& scans, const core::Context& context,
                                  const FindOptions& options = {});

struct LoadedScan {
  core::Volume volume;  ///< LPS; scaling applied; the grid is rounded to what NIfTI's float32 affine can hold
  std::string stored_as;                ///< "int16", "uint8", ... of the source
  std::vector<std::string> notes;       ///< choices that were made, in words: "qform taken, sform code 0"
  std::vector<std::string> warnings;    ///< those of the notes that somebody has to look at
  std::vector<std::size_t> not_finite;  ///< voxels that were not-a-number or infinite; they are 0 in `volume`
};

/// @throws Error(Input|Io|Geometry) in one line that names the file and, where there is one, the cure.
[[nodiscard]] LoadedScan read_scan(const ScanSource& source);

}  // namespace isoscan::io
