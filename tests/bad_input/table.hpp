/// @file The table of damage: what is wrong, and what must become of it.
#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::bad_input {

/// A line of damage.tsv. Beside the damage lies one good scan, which must come through, where `scans` is not
/// 0.
struct Case {
  std::string damage;
  std::string what;
  int scans = 0;        ///< how many scans are read in all
  std::string outcome;  ///< read; repaired: read, with a word; skipped: fine but no scan; refused: broken,
                        ///< with a reason
  std::string words;    ///< in the note, warning or reason
  int convert = 0;      ///< exit status of `isoscan convert`
};
[[nodiscard]] std::vector<Case> cases();

/// A line of shared.tsv: a file of the shared real data, alone in a folder.
struct SharedFile {
  std::string file;
  std::string outcome;
  std::string words;
};
[[nodiscard]] std::vector<SharedFile> shared_files();

/// Lays the damage, and the good scan, below `folder`. @returns what to give as SCANS.
[[nodiscard]] boost::filesystem::path lay(const std::string& damage, const boost::filesystem::path& folder);
/// Cases whose damage is that something may not be read: for root, everything may.
[[nodiscard]] bool needs_another_user(const std::string& damage);

}  // namespace isoscan::bad_input
