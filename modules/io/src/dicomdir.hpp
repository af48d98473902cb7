/// @file The index of a DICOM medium (PS3.10, 8.6; PS3.3, F.3): which files it names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::io {

struct DicomDirectory {
  std::vector<boost::filesystem::path> files;  ///< that are there, each once, in the order of the index
  std::size_t named = 0;                       ///< how many files it names
};

/// Names are looked for as they are written, then without regard to case and with the version that old media
/// add ("IM1;1"). A name that leads out of the folder leads nowhere.
/// @throws Error(Io|Input) where it cannot be read.
[[nodiscard]] DicomDirectory read_dicomdir(const boost::filesystem::path& file);

/// What an index names and is not there, in one line; nothing where all is, or where it cannot be read.
[[nodiscard]] std::optional<std::string> missing_from(const boost::filesystem::path& dicomdir);

}  // namespace isoscan::io
