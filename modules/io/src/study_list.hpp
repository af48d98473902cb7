/// @file The private list of a study: where the files of its scans are.
#pragma once

#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/study.hpp"

#include "candidates.hpp"

namespace isoscan::io {

constexpr const char* kStudyFile = "study.json";
constexpr const char* kStudyFormat = "isoscan-study-1";
constexpr const char* kPrivateFolder = "private";
constexpr const char* kListFile = "scans.list";
constexpr const char* kKeyFile = "key.mark";
constexpr const char* kJournalFile = "headers.journal";

/// A folder in which an ingest began and did not end.
[[nodiscard]] bool is_unfinished_study(const boost::filesystem::path& folder);

/// Labels that are once made with a key are never made again with another, or with none, by oversight, also
/// where the first try did not end: the private part keeps a mark of the key. Call it before anything else.
/// @throws Error(Config) where the mark is that of a key that is not this one.
void keep_key_of(const boost::filesystem::path& folder, const std::string& pseudonym_key);

/// The list is the head and the body. @param found  with labels and sites, before warnings about scanners,
/// which a list gives anew each time
[[nodiscard]] std::string study_list_body(const Found& found);
/// @param study_digest  SHA-256 of study.json, so that the two are known to belong together
[[nodiscard]] std::string study_list_head(const Found& found, const std::string& pseudonym_key,
                                          const std::string& study_digest);

/// The list of a study, as it was labelled: what `look` wants are candidates, the rest is set aside. A scan
/// whose files changed since (size or time), or are gone, is set aside as broken.
/// @throws Error(Input) where the private part is missing, damaged or of another study.json; Error(Config)
/// where a key is given and labels were made with another, or with none.
[[nodiscard]] Found read_study(const boost::filesystem::path& study, const std::string& pseudonym_key,
                               const Look& look);

}  // namespace isoscan::io
