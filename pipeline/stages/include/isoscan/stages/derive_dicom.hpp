/// @file Derived DICOM of a run's harmonized scans. Not a stage of the chain: a series is a folder of
/// hundreds of files that its user sends and takes away, while the store keeps every output. What is there
/// already is told by the status file of the run before.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/context.hpp"
#include "isoscan/engine/run.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/io/derived_dicom.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::stages {

struct DicomOut {
  boost::filesystem::path folder;
  io::DicomIdentity identity = io::DicomIdentity::Remove;
  std::string key;        ///< secret that UIDs are mapped with, or empty
  core::Context context;  ///< stop token, progress and threads
};

struct DerivedDicom {
  config::Json record;  ///< derived_dicom of the status file; null where it failed
  std::optional<pipeline::Failure> failure;
};

/// The folder of a scan's series below DicomOut::folder: "sub-01/ses-1/sub-01_ses-1_desc-harmonized".
[[nodiscard]] std::string derived_folder(const io::ScanSource& scan);

/// Writes the series of each scan whose source is DICOM and that was harmonized, several at a time, by id. A
/// series that an earlier run made from the same is left alone. One that fails is a value.
/// @param out  the run's output folder, with the status files of the run before
/// @param settings  of the run
/// @throws Error(Cancelled).
[[nodiscard]] std::map<std::string, DerivedDicom> derive_dicom(const DicomOut& to, const io::ScanList& list,
                                                               const boost::filesystem::path& out,
                                                               const config::Json& settings,
                                                               const pipeline::RunResult& result,
                                                               const pipeline::Store& store);

}  // namespace isoscan::stages
