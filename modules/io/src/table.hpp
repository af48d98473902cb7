/// @file The TSV table of scans, and BIDS' participants.tsv.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::io {

struct TableRow {
  int line = 0;
  std::map<std::string, std::string>
      fields;  ///< by column name, lower case for those with a meaning; "n/a" is left out

  [[nodiscard]] std::string at(const std::string& column) const;  ///< empty where there is none
};

struct Table {
  std::vector<std::string> columns;
  std::vector<TableRow> rows;
  /// 1-based, for messages.
  [[nodiscard]] std::size_t column_number(const std::string& column) const;
};

/// Names with a meaning are taken in any case, with BIDS' own spellings: participant_id is subject,
/// session_id is session.
/// @throws Error(Io) where it cannot be read; Error(Input) with line and column where it is malformed, or
/// where `required` is not among its columns.
[[nodiscard]] Table read_table(const boost::filesystem::path& file, const std::string& required);

}  // namespace isoscan::io
