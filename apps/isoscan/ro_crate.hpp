/// @file The provenance of an output folder as an RO-Crate (1.1), for archives.
#pragma once

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"

namespace isoscan::app {

/// ro-crate-metadata.json: the files of OUT with their digests, and for each scan, site and cohort an action
/// that says from what, by which program and when they were made. It names no file of this machine.
/// @throws Error(Input|Io) where OUT holds no finished run.
[[nodiscard]] config::Json ro_crate(const boost::filesystem::path& out);

}  // namespace isoscan::app
