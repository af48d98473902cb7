/// @file OUT/ratings.tsv: the one place where judgements are kept.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/report/ratings.hpp"

namespace isoscan::app {

/// Empty where nobody judged yet. @throws Error(Input) naming file and line where it is no table of
/// judgements.
[[nodiscard]] std::vector<report::Rating> read_ratings_file(const boost::filesystem::path& file);

/// Gives every line of a table that was begun, or joined with one, before boxes could be drawn their column;
/// other tables stay as they are. A torn last line is moved to FILE.torn.
/// @returns what was moved, or "" @throws as append_rating.
std::string upgrade_ratings_file(const boost::filesystem::path& file);

/// Appends one line and returns when it is on the disk. Several threads and processes may do so at once. A
/// line without an end is ended where it is a whole judgement; what a power cut tore is moved to FILE.torn.
/// The judgement is as late as the latest of this person on this scan, or later: clocks are set back.
/// @returns what was moved, or "" @throws Error(Io|Resource|Input), or Error(Config) where another process
/// holds the file for ten seconds.
std::string append_rating(const boost::filesystem::path& file, report::Rating rating);

struct Imported {
  std::size_t added = 0;
  std::string torn;  ///< last line of the table that was moved to FILE.torn, or ""
};
/// Appends those that the table does not hold, as they are. @throws as append_rating.
Imported import_ratings(const boost::filesystem::path& file, const std::vector<report::Rating>& ratings);

/// That a last line was torn and where it is now, one line for the terminal.
[[nodiscard]] std::string torn_line_words(const boost::filesystem::path& file);

/// @throws Error(Io) where judgements could not be kept: said before anybody judges.
void require_writable(const boost::filesystem::path& file);

/// "2026-11-29T07:15:00Z"
[[nodiscard]] std::string utc_now();

}  // namespace isoscan::app
