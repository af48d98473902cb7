/// @file Files and folders that are being written, and what a killed process left of them.
#pragma once

#include <string>

#include <boost/filesystem/path.hpp>

namespace isoscan::core {

/// A name beside `file` to write it under until it is whole: ".partial-<pid>+<start>+<host>+<random>+<name>",
/// with the end of its name and so its extension. It names this process as the one that writes it.
[[nodiscard]] boost::filesystem::path partial_beside(const boost::filesystem::path& file);

/// Whether core/files.hpp writes under this name, until what it writes is whole.
[[nodiscard]] bool is_partial(const boost::filesystem::path& file);

/// Removes what is_partial below `folder` and nobody writes any more: its process was of this host and is
/// gone, or nobody knows (another host or container, no name of a process) and it was not touched for an
/// hour. Does not look into folders whose names begin with a dot. @returns how many went
int remove_dead_partials(const boost::filesystem::path& folder);

/// The same of what lies in the folder itself.
int remove_dead_partials_in(const boost::filesystem::path& folder);

}  // namespace isoscan::core
