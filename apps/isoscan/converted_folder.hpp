/// @file What `convert` wrote into a folder, told from what anybody else did: only that may be replaced or
/// removed.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/bids.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::app {

/// @throws Error(Config) where `out` is a data set of somebody else, or holds scans that convert did not
/// write: beside the subjects' folders or in them. Convert's own folder passes, so that it may run again.
void require_converted_folder(const boost::filesystem::path& out);

/// Says whose folder it is from now on (dataset_description.json), what is in it (README), and what in it
/// BIDS has no name for (.bidsignore).
void mark_converted_folder(const boost::filesystem::path& out, const io::SourceDataset& source);

/// Removes the volume and sidecar of a scan where convert wrote them.
void remove_converted(const boost::filesystem::path& out, const io::ScanSource& scan);

/// The same for an input that could not even be listed, known by its file's name ("x/sub-01_T1w.nii"), unless
/// one of the scans of this run goes by it.
void remove_converted(const boost::filesystem::path& out, const std::string& input,
                      const std::vector<io::ScanSource>& scans);

/// Names ("sub-01_T1w") of the volumes that an earlier run of convert wrote and that are none of these scans,
/// sorted.
[[nodiscard]] std::set<std::string> left_over(const boost::filesystem::path& out,
                                              const std::vector<io::ScanSource>& scans);

}  // namespace isoscan::app
