/// @file What a BIDS data set says of a scan beside the scan: sidecars of higher levels, tables, its place.
#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/scan.hpp"

#include "candidates.hpp"
#include "table.hpp"

namespace isoscan::io {

/// participants.tsv or sessions.tsv, with the place of each label's row.
struct LabelledTable {
  Table table;
  std::map<std::string, std::size_t> row_of;
};

/// The folder that holds the scan's "sub-" folder, be it above what was given as SCANS; the scan's own folder
/// where there is none. @param scan  absolute
[[nodiscard]] boost::filesystem::path data_set_of(const boost::filesystem::path& scan);

/// The JSON files that hold for a scan, the more general first, by BIDS' inheritance principle (BIDS 1.8,
/// Common principles): in the data set's folder and each folder from there to the scan's, those whose name
/// has the scan's suffix, entities of the scan's name and no others. Of one folder those with fewer entities
/// come first. The file of the scan's own name beside it is the last one, whatever the name looks like.
/// @param data_set  data_set_of(scan)
[[nodiscard]] std::vector<boost::filesystem::path> sidecars_of(const boost::filesystem::path& data_set,
                                                               const boost::filesystem::path& scan);

/// Acquisition of all of them together; a field of a later one wins. One that cannot be read is set aside
/// with the reason, and the others hold.
[[nodiscard]] Acquisition inherited_acquisition(const boost::filesystem::path& root,
                                                const std::vector<boost::filesystem::path>& sidecars,
                                                Found& found);

/// Site and covariates of the data set's participants.tsv, then covariates of "sub-X/sub-X_sessions.tsv",
/// which win. A table that cannot be read is set aside as broken.
void take_tables(const boost::filesystem::path& root, const boost::filesystem::path& data_set,
                 Candidate& scan, Found& found);

/// Path of the scan below the data set where it has a dataset_description.json and each part of the path is
/// made of BIDS labels, else empty.
[[nodiscard]] std::string bids_path_of(const boost::filesystem::path& data_set,
                                       const boost::filesystem::path& scan);

}  // namespace isoscan::io
