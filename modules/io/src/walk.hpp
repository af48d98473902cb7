/// @file The files of a tree, by kind.
#pragma once

#include <vector>

#include <boost/filesystem/path.hpp>

#include "candidates.hpp"

namespace isoscan::io {

/// Goes through the tree below `root` (or takes the one file): NIfTI files are sorted folder by folder, what
/// is none of ours is set aside. Hidden files, links to folders and what a BIDS data set derives from its
/// scans are not followed.
/// @returns files that are DICOM by their names, or may be by their first bytes
[[nodiscard]] std::vector<boost::filesystem::path> walk(const boost::filesystem::path& root, bool by_name,
                                                        const Look& look, Found& found,
                                                        const core::Context& context);

}  // namespace isoscan::io
