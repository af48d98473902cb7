/// @file Scans on their way into a list: before labels are made unique.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/core/grid.hpp"
#include "isoscan/io/scan.hpp"

#include "verdict.hpp"

namespace isoscan::io {

class HeaderStore;
struct LabelledTable;

/// Size and time of the last change of a file; -1 where it is not there.
struct FileStamp {
  std::int64_t bytes = -1;
  std::int64_t mtime_ns = -1;  ///< since 1970
  bool operator==(const FileStamp&) const = default;
};
[[nodiscard]] FileStamp stamp_of(const boost::filesystem::path& file);

struct Candidate {
  ScanSource source;
  std::string where;   ///< path below SCANS: order, and words for labels that collide
  std::string person;  ///< candidates with one key are one person, whatever their labels
  std::string visit;   ///< orders the visits of a person whose sessions have no label (DICOM: date, time,
                       ///< study); stays in io
  int order = 0;       ///< among the scans of one visit (DICOM: series number)
  bool named = false;  ///< its subject was given, by a table or by "sub-": no guess from a file's name
  Verdict verdict;     ///< what it shows, and whether it can be harmonized
  std::string family;  ///< candidates of one DICOM series share it; stays in io
  bool site_given = false;        ///< by a table or participants.tsv, and not by the device
  core::Index3 size{};            ///< of the grid, where it is a volume
  core::Vec3 spacing_mm{};        ///< of the grid, where it is a volume
  std::vector<FileStamp> stamps;  ///< of source.files, when their headers were read
  std::int64_t bytes = 0;         ///< of all its files
};

/// A DICOM image that stands in the tree under two patients' IDs.
struct SharedImage {
  boost::filesystem::path taken;
  std::string person;
  std::string other;  ///< of the copy that was set aside
};

struct Found {
  boost::filesystem::path tree;  ///< as ScanList has it
  std::vector<Candidate> candidates;
  std::vector<SetAside> set_aside;
  std::vector<SharedImage> shared;
  std::vector<std::string> warnings;  ///< on their way into the list's
  /// Unlabelled visits of candidates that were left out, by person: a person's sessions are counted over all
  /// that was acquired, whatever is wanted of it.
  std::map<std::string, std::set<std::string>> visits;
  std::map<std::string, std::shared_ptr<const LabelledTable>>
      tables;  ///< read so far, by path; null: there is none
};

/// Path below SCANS with forward slashes, printable (core/printable.hpp); the file name where `root` is the
/// file itself.
[[nodiscard]] std::string name_below(const boost::filesystem::path& root,
                                     const boost::filesystem::path& file);

/// What went wrong, printable and without the absolute path that messages begin with.
[[nodiscard]] std::string reason_without_path(const std::string& message,
                                              const boost::filesystem::path& file);

/// How much of a tree is wanted as candidates.
enum class Take : std::uint8_t {
  T1w,         ///< what is harmonized; the rest is set aside
  Volumes,     ///< all that holds one volume
  Everything,  ///< also what is none: localizers, slabs, series over time
};

/// How to look.
struct Look {
  Take take = Take::T1w;
  ReadChoices read;
  HeaderStore* headers = nullptr;  ///< where headers are kept; never null
};

/// Whether it is to be a candidate.
[[nodiscard]] bool is_wanted(const Verdict& verdict, const Look& look);

/// Everything below a folder, or one file, or the files that a DICOMDIR names. Reads headers only.
/// `by_name`: the user named this very file, so its name does not disqualify it.
[[nodiscard]] Found look_into(const boost::filesystem::path& root, bool by_name, const Look& look,
                              const core::Context& context);

/// SCANS without a dot or slash at its end. @throws Error(Io) where it is not there.
[[nodiscard]] boost::filesystem::path plain_root(const boost::filesystem::path& scans);

/// The folder that is searched where SCANS is this; empty of a table or one file.
[[nodiscard]] boost::filesystem::path tree_of(const boost::filesystem::path& root);

/// look_into, or the scans of a table: the kinds of SCANS that are no study.
[[nodiscard]] Found look_for(const boost::filesystem::path& root, const Look& look,
                             const core::Context& context);

/// The NIfTI files of one folder, masks and label images among them.
void sort_nifti_files(const boost::filesystem::path& root, const std::vector<boost::filesystem::path>& files,
                      bool by_name, const Look& look, Found& found);

/// DICOM files of a whole tree: series, split into volumes. Among them may be files that are none, by their
/// first bytes.
void sort_dicom_files(const boost::filesystem::path& root, const std::vector<boost::filesystem::path>& files,
                      const Look& look, Found& found, const core::Context& context);

/// Why a file that is neither NIfTI nor DICOM was left, with a cure where its name tells one. `broken`: half
/// of a pair is missing.
[[nodiscard]] SetAside left_file(const boost::filesystem::path& root, const boost::filesystem::path& file);

/// Sets aside what is not wanted, files of one series and one fate under one name.
void keep_wanted(const boost::filesystem::path& root, const Look& look, Found& found);

/// Sets NIfTI scans aside whose voxels are those of another one, so that no scan counts for two people. The
/// first by name stays among those whose header leaves no doubt (a known orientation), else the first by
/// name. However they are packed or stored, and whatever their headers say: two acquisitions never agree in
/// every voxel. Files of one size have their first voxels read, only those that agree there the rest. Volumes
/// of one value alone are left to whoever reads them.
/// Copies that were given two subjects, sessions or sites are a likely mix-up of people: that is a warning of
/// the list and of the scan that stays.
void set_copies_aside(Found& found, const core::Context& context);

/// The same for DICOM images that stand under two patients' IDs (`found.shared`), by their labels: call it
/// when these are keyed.
/// @param label_of  the label of a person as DICOM images tell it
void warn_of_shared_images(Found& found, const std::function<std::string(const std::string&)>& label_of);

/// Says for each site whose scans do not all name one device (maker, model, field strength; where none is
/// named, voxel size), in `warnings` and in those of its scans.
void warn_of_mixed_scanners(const std::vector<ScanSource*>& scans, std::vector<std::string>& warnings);

/// Gives every person one label, every visit of a person one session and every scan of a visit its run;
/// sorts by id, suffix and series, which tell any two apart.
void give_labels(Found& found);

/// The list of these, set-asides sorted by name.
[[nodiscard]] ScanList list_of(Found found);

}  // namespace isoscan::io
