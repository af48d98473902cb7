/// @file Scans on their way into a list: before labels are made unique.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::io {

struct LabelledTable;

struct Candidate {
  ScanSource source;
  std::string where;   ///< path below SCANS: order, and words for labels that collide
  std::string person;  ///< candidates with one key are one person, whatever their labels
  std::string visit;   ///< orders the visits of a person whose sessions have no label (DICOM: date, time,
                       ///< study); stays in io
  int order = 0;       ///< among the scans of one visit (DICOM: series number)
  bool named = false;  ///< its subject was given, by a table or by "sub-": no guess from a file's name
};

/// A DICOM image that stands in the tree under two patients' IDs.
struct SharedImage {
  boost::filesystem::path taken;
  std::string person;
  std::string other;  ///< of the copy that was set aside
};

struct Found {
  std::vector<Candidate> candidates;
  std::vector<SetAside> set_aside;
  std::vector<SharedImage> shared;
  std::vector<std::string> warnings;  ///< on their way into the list's
  std::map<std::string, std::shared_ptr<const LabelledTable>>
      tables;  ///< read so far, by path; null: there is none
};

/// Path below SCANS with forward slashes; the file name where `root` is the file itself.
[[nodiscard]] std::string name_below(const boost::filesystem::path& root,
                                     const boost::filesystem::path& file);

/// What went wrong, without the absolute path that messages begin with.
[[nodiscard]] std::string reason_without_path(const std::string& message,
                                              const boost::filesystem::path& file);

/// Everything below a folder, or one file. Reads headers only.
/// `by_name`: the user named this very file, so its name does not disqualify it.
[[nodiscard]] Found look_into(const boost::filesystem::path& root, bool by_name,
                              const core::Context& context);

/// The NIfTI files of one folder, masks and label images among them.
void sort_nifti_files(const boost::filesystem::path& root, const std::vector<boost::filesystem::path>& files,
                      bool by_name, Found& found);

/// DICOM files of a whole tree: series, split into volumes.
void sort_dicom_files(const boost::filesystem::path& root, const std::vector<boost::filesystem::path>& files,
                      Found& found, const core::Context& context);

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
/// named, voxel size), in the list's warnings and in those of its scans.
void warn_of_mixed_scanners(ScanList& list);

/// Gives every person one label, every visit of a person one session and every scan of a visit its run; sorts
/// by id.
[[nodiscard]] ScanList with_unique_labels(Found found);

}  // namespace isoscan::io
