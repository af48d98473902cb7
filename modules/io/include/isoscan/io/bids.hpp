/// @file Names and texts of a BIDS data set that Isoscan writes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/scan.hpp"

namespace isoscan::io {

/// "sub-X/[ses-Y/]anat/sub-X[_ses-Y][_acq-A][_rec-R][_run-Z]..._desc-harmonized_T1w.nii.gz": relative,
/// forward slashes, entities in BIDS' order. Another extension gives the name of what lies beside it
/// (".json").
[[nodiscard]] std::string harmonized_path(const ScanSource& scan, const std::string& extension = ".nii.gz");

/// "..._desc-harmonized_uncertainty.nii.gz", beside it: how far each voxel of the harmonized scan may be off.
/// BIDS has no name for such maps: a suffix of their own keeps them from being taken for scans.
[[nodiscard]] std::string uncertainty_path(const ScanSource& scan, const std::string& extension = ".nii.gz");

/// The same as harmonized_path without "desc-": a scan as it was acquired. "space" and "res", which BIDS
/// knows for derivatives only, become a part of "acq".
[[nodiscard]] std::string converted_path(const ScanSource& scan, const std::string& extension = ".nii.gz");

/// What outputs may say of the data set that they were made from.
struct SourceDataset {
  bool bids = false;    ///< it has a dataset_description.json
  std::string doi;      ///< "doi:10.18112/openneuro.ds000001.v1.0.0", or empty
  std::string license;  ///< as written, or empty
};

/// Of the data set at or above a folder, a file or a table of scans, as far as its sub-, ses- and data type
/// folders lead. One that is no BIDS data set, or whose description cannot be read, says nothing.
[[nodiscard]] SourceDataset source_dataset(const boost::filesystem::path& scans);

/// The name by which "bids:" addresses call the input: "bids:source:sub-01/anat/sub-01_T1w.nii.gz".
inline constexpr const char* kSourceLink = "source";

enum class DatasetType : std::uint8_t { Raw, Derivative };

/// Text of dataset_description.json (BIDS 1.8, Modality agnostic files): Name, BIDSVersion 1.8.0,
/// DatasetType, GeneratedBy (Name, Version, CodeURL), SourceDatasets and DatasetLinks. The address of the
/// source is its DOI, else a name that leads nowhere: no path leaves the machine.
[[nodiscard]] std::string dataset_description(const std::string& name, DatasetType type,
                                              const SourceDataset& source);

/// The address of a scan's input: its path in its BIDS data set where outputs may name it, else as
/// converted_path would name it.
[[nodiscard]] std::string source_address(const ScanSource& scan);

/// Text of participants.tsv: participant_id and site of each subject, sorted, and nothing else of the input's
/// tables. `sites`: by subject's label without "sub-".
[[nodiscard]] std::string participants_table(const std::map<std::string, std::string>& sites);
/// Text of participants.json, which says what the columns are.
[[nodiscard]] std::string participants_columns();

/// The fields of a scan's acquisition that are known, as a JSON object with BIDS' names and units: times in
/// seconds (RepetitionTime, EchoTime, InversionTime), MagneticFieldStrength in tesla, FlipAngle in degrees,
/// SliceThickness in millimetres. Keys are sorted; the same acquisition gives the same text.
[[nodiscard]] std::string acquisition_json(const Acquisition& acquisition);

}  // namespace isoscan::io
