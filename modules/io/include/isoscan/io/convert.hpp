/// @file A scan of any kind into NIfTI with a sidecar, nothing else.
#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/bids.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::io {

struct ConvertedScan {
  std::string volume;   ///< path below the output folder
  std::string sidecar;  ///< path below the output folder
  NiftiType type = NiftiType::Float32;
  std::vector<std::string> notes;     ///< choices that were made while reading
  std::vector<std::string> warnings;  ///< those of them that somebody has to look at
};

/// Reads the scan and writes it under `out_folder` at converted_path: voxels keep their values and their
/// order, the grid is the source's. Int16 where the source holds whole numbers that fit, else float32. The
/// sidecar holds acquisition_json and the grid. Safe to call from several threads for different scans.
/// @throws Error(Input|Io|Geometry|Resource).
ConvertedScan convert_scan(const ScanSource& source, const boost::filesystem::path& out_folder);

}  // namespace isoscan::io
