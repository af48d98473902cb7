/// @file Reads a folder of made DICOM as one series, whatever find_scans thinks of it.
#pragma once

#include <algorithm>
#include <string>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::test {

inline io::ScanSource source_of(const boost::filesystem::path& folder, io::ReadChoices read = {}) {
  io::ScanSource source;
  source.kind = io::SourceKind::DicomSeries;
  source.read = read;
  for (boost::filesystem::directory_iterator at(folder), end; at != end; ++at)
    source.files.push_back(at->path());
  std::sort(source.files.begin(), source.files.end());
  return source;
}

/// What read_scan says of it; "it was read" where it says nothing.
inline std::string error_of(const io::ScanSource& source) {
  try {
    (void)io::read_scan(source);
  } catch (const core::Error& error) {
    return error.what();
  }
  return "it was read";
}

}  // namespace isoscan::test
