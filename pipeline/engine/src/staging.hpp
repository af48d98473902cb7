/// @file Names of folders for work under way: whose they are, and whether their maker still lives.
#pragma once

#include <string>

#include <boost/filesystem/path.hpp>

namespace isoscan::pipeline {

/// "<host>-<pid>-<start of the process>-<random>"
[[nodiscard]] std::string staging_name();

/// Whether nobody will finish it: made by a process of this host that is gone, or by another host and
/// untouched for a week (how a process there fares cannot be seen from here).
[[nodiscard]] bool is_stale(const boost::filesystem::path& folder);

}  // namespace isoscan::pipeline
