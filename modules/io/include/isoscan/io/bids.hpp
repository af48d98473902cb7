/// @file Names and texts of a BIDS data set that Isoscan writes.
#pragma once

#include <map>
#include <string>

#include "isoscan/io/scan.hpp"

namespace isoscan::io {

/// "sub-X/[ses-Y/]anat/sub-X[_ses-Y][_run-Z]_desc-harmonized_T1w.nii.gz": relative, forward slashes. Another
/// extension gives the name of what lies beside it (".json").
[[nodiscard]] std::string harmonized_path(const ScanSource& scan, const std::string& extension = ".nii.gz");

/// The same without "desc-": a scan as it was acquired.
[[nodiscard]] std::string converted_path(const ScanSource& scan, const std::string& extension = ".nii.gz");

/// Text of dataset_description.json: Name, BIDSVersion 1.8.0, DatasetType derivative, GeneratedBy Isoscan and
/// its version. `links`: DatasetLinks, the names that "bids:NAME:" addresses use and where those data sets
/// lie.
[[nodiscard]] std::string dataset_description(const std::string& name, const std::string& version,
                                              const std::map<std::string, std::string>& links = {});

/// The fields of a scan's acquisition that are known, as a JSON object with BIDS' names and units: times in
/// seconds (RepetitionTime, EchoTime, InversionTime), MagneticFieldStrength in tesla, FlipAngle in degrees,
/// SliceThickness in millimetres. Keys are sorted; the same acquisition gives the same text.
[[nodiscard]] std::string acquisition_json(const Acquisition& acquisition);

}  // namespace isoscan::io
