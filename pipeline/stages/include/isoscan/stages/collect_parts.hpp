/// @file The index page and manifest of a data set whose scans were harmonized by several jobs.
#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/bids.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/stages/collect.hpp"

namespace isoscan::stages {

struct PartsCollection {
  boost::filesystem::path out;
  io::ScanList list;          ///< the whole data set: who should be there
  std::string pseudonym_key;  ///< as Collection has it
  io::SourceDataset source;
};

struct PartsTally {
  Tally tally;
  std::vector<std::string> missing;  ///< ids of scans that no job has finished, sorted

  /// 8 also where somebody is missing.
  [[nodiscard]] int exit_status() const { return missing.empty() ? tally.exit_status() : 8; }
};

/// Writes reports/index.html, participants.tsv, manifest.json, the status files of inputs that are no scans,
/// and what write_dataset_files writes, from the parts that jobs with Collection::some_of_many left in OUT.
/// Nothing is computed, no volume is read but to hash what the manifest names.
/// @throws Error(Input) where no scan of the list has a part, where parts were made with other options than
/// the others, or one cannot be read; Error(Io|Resource).
[[nodiscard]] PartsTally collect_parts(const PartsCollection& what);

/// Those scans of the list that have no part in OUT: ids, in the order of the list.
[[nodiscard]] std::vector<std::string> without_part(const boost::filesystem::path& out,
                                                    const io::ScanList& list);

}  // namespace isoscan::stages
