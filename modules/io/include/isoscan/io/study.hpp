/// @file Takes stock of a tree of scans: what is there, of whom, from which device, fit for what.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/io/site_rule.hpp"

namespace isoscan::io {

struct IngestOptions {
  std::string pseudonym_key;  ///< as FindOptions has it
  SiteRule rule;
  std::vector<SiteRow> table;  ///< before the rule
};

struct IngestSummary {
  std::map<std::string, int> classes;           ///< "T1w", "T2w", "FLAIR", "other", "unusable" -> volumes
  std::map<std::string, int> sites;             ///< of T1w
  std::map<std::string, std::int64_t> skipped;  ///< reason -> inputs, those that are no volume of MR
  std::vector<SetAside> broken;                 ///< with names for whoever may see the tree
  std::int64_t duplicates = 0;                  ///< inputs that are copies of others
  std::size_t files = 0;                        ///< DICOM headers looked at
  std::size_t reused = 0;                       ///< of them known from the journal of an earlier run
  std::vector<std::string> warnings;
};

/// Looks at SCANS (as find_scans does, and a DICOMDIR) and writes STUDY:
///   study.json, scans.tsv, inputs.tsv  for everybody: pseudonyms, classes, sites, acquisition; no path, no
///   date private/ (mode 0700)               headers.journal, scans.list, files.tsv: paths and digests of
///   patients' IDs
/// Copies nothing. Files that are as they were are not read again: what was stopped goes on, and gives the
/// bytes that it would have given. The same tree gives the same study, on any number of `context.threads`.
/// @throws Error(Io|Resource); Error(Config) where STUDY lies in SCANS, is somebody else's folder, was made
/// with another pseudonym key, or another process works on it; Error(Cancelled).
IngestSummary ingest(const boost::filesystem::path& scans, const boost::filesystem::path& study,
                     const IngestOptions& options, const core::Context& context);

/// A folder with a study.json of ours.
[[nodiscard]] bool is_study(const boost::filesystem::path& folder);

/// An input as what everybody may see names it: NIfTI and tables by their path below SCANS; anything else
/// (DICOM, whose folders often carry a person's name) by a digest of that path. Without a key whoever guesses
/// the path can tell that it is right; with one nobody can who does not hold it.
[[nodiscard]] SetAside public_input(const SetAside& input, const std::string& pseudonym_key = {});

}  // namespace isoscan::io
