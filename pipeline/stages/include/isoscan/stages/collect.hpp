/// @file The output folder of a run: what the store holds becomes volumes, sidecars, status files, pages and
/// a manifest.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/engine/run.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/io/bids.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/stages/run_options.hpp"

namespace isoscan::stages {

/// How many scans ended how.
struct Tally {
  int harmonized = 0;
  int refused = 0;
  int failed = 0;
  int set_aside = 0;    ///< inputs that are no scan to harmonize
  int broken = 0;       ///< inputs that could not be read
  std::string warning;  ///< of scans of earlier runs that are still in OUT, or empty

  /// 0, or 8 where a scan was refused, failed or broken.
  [[nodiscard]] int exit_status() const { return refused + failed + broken > 0 ? 8 : 0; }
  /// "15 scans harmonized, 1 refused; 2 inputs set aside", and the warning where there is one
  [[nodiscard]] std::string text() const;
};

struct Collection {
  boost::filesystem::path out;
  io::ScanList list;
  std::string command;                     ///< as typed, for the report, without absolute paths
  config::Json settings;                   ///< of the run, for the manifest
  std::string pseudonym_key;               ///< that names of inputs are made with (public_input)
  std::vector<io::SetAside> lost;          ///< of the reference: named as they may be shown
  std::vector<config::Json> chains;        ///< manifest entries of runs before this one (the reference's)
  std::vector<pipeline::OutputFile> more;  ///< files that are in the output folder already (reference.isoref)
  io::SourceDataset source;                ///< what the scans come from
  /// These scans are some of a data set whose other scans are the business of other jobs: no index page, no
  /// manifest and no participants.tsv are written, but a part for each scan that collect_parts makes them of.
  bool some_of_many = false;
};

/// An input as status files and reports may name it: NIfTI and tables by their path below SCANS; anything
/// else (DICOM, whose folders often carry a person's name) by a digest of that path. Without a key whoever
/// guesses the path can tell that it is right; with one nobody can who does not hold it.
[[nodiscard]] io::SetAside public_input(const io::SetAside& input, const std::string& pseudonym_key = {});

/// Writes the status file of an input that is no scan to harmonize, or is broken: named as it may be shown.
void write_input_status(const boost::filesystem::path& out, const io::SetAside& input);

/// The harmonized volumes that lie in an output folder, of whatever run: paths below it, sorted.
[[nodiscard]] std::vector<std::string> harmonized_volumes(const boost::filesystem::path& out);

/// What lies in OUT and is none of these scans' (other methods, bounds or references may have made it), in
/// words; empty where there is nothing.
[[nodiscard]] std::string left_over(const boost::filesystem::path& out,
                                    const std::vector<io::ScanSource>& scans);

/// Writes OUT: sub-*/[ses-*/]anat/ volumes and sidecars, sites/, status/, reports/, dataset_description.json,
/// README, participants.tsv and, last, manifest.json. A file that holds its bytes already is left alone. What
/// an earlier run left there stays, but for the output of a scan that failed now, and is named in the index
/// and Tally::warning.
[[nodiscard]] Tally collect(const Collection& what, const pipeline::Chain& chain,
                            const pipeline::RunResult& result, const pipeline::Store& store);

}  // namespace isoscan::stages
