/// @file What makes an output folder a BIDS derivative: the files that tell of all of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/bids.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::stages {

/// Writes dataset_description.json, README and .bidsignore, which are the same whichever scans a job works
/// on: any number of jobs may write them into one folder. `ignored`: further lines of .bidsignore.
/// @returns their names.
std::vector<std::string> write_dataset_files(const boost::filesystem::path& out,
                                             const io::SourceDataset& source,
                                             const std::string& ignored = {});

/// Writes participants.tsv and participants.json: one row for each subject that has a volume in the folder.
/// `sites`: by subject, as far as they are known. @returns their names.
std::vector<std::string> write_participants(const boost::filesystem::path& out,
                                            const std::map<std::string, std::string>& sites);

/// The site of each subject; several are joined.
[[nodiscard]] std::map<std::string, std::string> sites_of(const std::vector<io::ScanSource>& scans);

}  // namespace isoscan::stages
