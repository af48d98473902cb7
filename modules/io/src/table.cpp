#include "table.hpp"

#include <algorithm>
#include <set>

#include <boost/algorithm/string.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/printable.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

constexpr std::uintmax_t kLargestTable = 256U << 20;

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  boost::split(fields, line, boost::is_any_of("\t"));
  for (std::string& field : fields) boost::trim(field);
  return fields;
}

std::string column_name(const std::string& written) {
  static const std::map<std::string, std::string> known{{"path", "path"},
                                                        {"subject", "subject"},
                                                        {"participant_id", "subject"},
                                                        {"session", "session"},
                                                        {"session_id", "session"},
                                                        {"site", "site"},
                                                        {"mask", "mask"},
                                                        {"run", "run"},
                                                        {"acq", "acq"},
                                                        {"acquisition", "acq"}};
  const auto found = known.find(boost::to_lower_copy(written));
  return found == known.end() ? written : found->second;
}

}  // namespace

std::string TableRow::at(const std::string& column) const {
  const auto found = fields.find(column);
  return found == fields.end() ? std::string() : found->second;
}

std::size_t Table::column_number(const std::string& column) const {
  return static_cast<std::size_t>(std::find(columns.begin(), columns.end(), column) - columns.begin()) + 1;
}

Table read_table(const fs::path& file, const std::string& required) {
  std::string text = core::read_file(file, kLargestTable);
  if (boost::starts_with(text, "\xEF\xBB\xBF")) text.erase(0, 3);  // the mark that spreadsheets put first
  const auto fail = [&](int line, std::size_t column, const std::string& what) {
    throw Error(ErrorKind::Input, file.string() + ": line " + std::to_string(line) + ", column " +
                                      std::to_string(column) + ": " + core::printable(what));
  };
  if (text.find('\0') != std::string::npos) {
    throw Error(ErrorKind::Input,
                file.string() + ": is not a text table; save it as tab-separated UTF-8 text");
  }
  std::vector<std::string> lines;
  boost::split(lines, text, boost::is_any_of("\n"));
  Table table;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    std::string& line = lines[at];
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (boost::trim_copy(line).empty()) continue;
    const int number = static_cast<int>(at) + 1;
    const std::vector<std::string> fields = fields_of(line);
    if (table.columns.empty()) {
      std::set<std::string> seen;
      for (std::size_t c = 0; c < fields.size(); ++c) {
        table.columns.push_back(column_name(fields[c]));
        if (fields[c].empty()) fail(number, c + 1, "the column has no name");
        if (!seen.insert(table.columns.back()).second)
          fail(number, c + 1, "the column " + fields[c] + " is there twice");
      }
      if (seen.count(required) == 0) {
        const bool commas = fields.size() == 1 && line.find(',') != std::string::npos;
        fail(number, 1,
             commas ? "columns are separated by commas; save the table with tabs"
                    : "there is no column named " + required);
      }
      continue;
    }
    if (fields.size() != table.columns.size()) {
      fail(number, std::min(fields.size(), table.columns.size()) + 1,
           "has " + std::to_string(fields.size()) + " fields, the first line " +
               std::to_string(table.columns.size()));
    }
    TableRow row;
    row.line = number;
    for (std::size_t c = 0; c < fields.size(); ++c) {
      if (!fields[c].empty() && fields[c] != "n/a") row.fields[table.columns[c]] = fields[c];
    }
    if (row.at(required).empty())
      fail(number, table.column_number(required), "the " + required + " is empty");
    table.rows.push_back(std::move(row));
  }
  if (table.columns.empty()) throw Error(ErrorKind::Input, file.string() + ": the table is empty");
  return table;
}

}  // namespace isoscan::io
