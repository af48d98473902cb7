#include "table.hpp"

#include <boost/algorithm/string.hpp>

#include "isoscan/core/files.hpp"

namespace isoscan::bad_input {

namespace {

/// Fields of each line but the first, filled up to `columns`.
std::vector<std::vector<std::string>> lines_of(const char* name, std::size_t columns) {
  const std::string text =
      core::read_file(boost::filesystem::path(ISOSCAN_SOURCE_DIR "/tests/bad_input") / name);
  std::vector<std::string> lines;
  boost::split(lines, text, boost::is_any_of("\n"));
  std::vector<std::vector<std::string>> rows;
  for (std::size_t l = 1; l < lines.size(); ++l) {
    if (lines[l].empty()) continue;
    boost::split(rows.emplace_back(), lines[l], boost::is_any_of("\t"));
    rows.back().resize(columns);
  }
  return rows;
}

}  // namespace

std::vector<Case> cases() {
  std::vector<Case> cases;
  for (const auto& f : lines_of("damage.tsv", 6))
    cases.push_back({f[0], f[1], std::stoi(f[2]), f[3], f[4], std::stoi(f[5])});
  return cases;
}

std::vector<SharedFile> shared_files() {
  std::vector<SharedFile> files;
  for (const auto& f : lines_of("shared.tsv", 3)) files.push_back({f[0], f[1], f[2]});
  return files;
}

}  // namespace isoscan::bad_input
