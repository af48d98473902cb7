/// @file Is a file DICOM, before it is parsed?
#pragma once

#include <boost/filesystem/path.hpp>

namespace isoscan::io {

/// .dcm, .ima in any case, or DICOMDIR: taken for DICOM whatever its first bytes say.
[[nodiscard]] bool has_dicom_name(const boost::filesystem::path& file);

/// By its first bytes: DICOM with its mark (PS3.10, 7.1), or bare data elements of group 2 or 8 as old
/// exports have them. @throws Error(Io) where it cannot be opened.
[[nodiscard]] bool looks_like_dicom(const boost::filesystem::path& file);

}  // namespace isoscan::io
