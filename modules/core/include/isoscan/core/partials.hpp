/// @file What a killed process left of files that it was writing (files.hpp names them).
#pragma once

#include <boost/filesystem/path.hpp>

namespace isoscan::core {

/// Whether core/files.hpp writes under this name, until what it writes is whole.
[[nodiscard]] bool is_partial(const boost::filesystem::path& file);

/// Removes what is_partial below `folder` and was not touched for an hour: nobody writes it any more, on this
/// machine or another. Does not look into folders whose names begin with a dot. @returns how many went
int remove_dead_partials(const boost::filesystem::path& folder);

}  // namespace isoscan::core
