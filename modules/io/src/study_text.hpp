/// @file What everybody may read of a study, and what its keeper may: the texts of its files.
#pragma once

#include <string>

#include "isoscan/io/study.hpp"

#include "candidates.hpp"

namespace isoscan::io {

/// "sub-01_ses-1_T1w": names one volume of a study; what `convert` calls its file.
[[nodiscard]] std::string volume_name(const ScanSource& scan);

/// study.json (data_schemas/study.schema.json). @param found  with labels and sites, set-asides sorted
[[nodiscard]] std::string study_json(const Found& found, const IngestSummary& summary,
                                     const std::string& pseudonym_key);

/// One line a volume: name, class, site, device, times, size. For spreadsheets: no field begins like a
/// formula.
[[nodiscard]] std::string scans_table(const Found& found);

/// One line an input that is no volume: public name, skipped or broken, reason.
[[nodiscard]] std::string inputs_table(const Found& found, const std::string& pseudonym_key);

/// Private: public name, path.
[[nodiscard]] std::string files_table(const Found& found, const boost::filesystem::path& root,
                                      const std::string& pseudonym_key);

}  // namespace isoscan::io
