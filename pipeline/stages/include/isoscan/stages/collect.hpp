/// @file The output folder of a run: what the store holds becomes volumes, sidecars, status files, pages and
/// a manifest.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/engine/run.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/io/bids.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/io/study.hpp"
#include "isoscan/stages/derive_dicom.hpp"
#include "isoscan/stages/run_options.hpp"

namespace isoscan::stages {

/// How many scans ended how.
struct Tally {
  int harmonized = 0;
  int passed = 0;  ///< left as they are: nothing to do
  int refused = 0;
  int failed = 0;
  int set_aside = 0;                    ///< inputs that are no scan to harmonize
  int broken = 0;                       ///< inputs that could not be read
  int derived = 0;                      ///< scans with a derived DICOM series, where one was asked for
  int not_dicom = 0;                    ///< harmonized scans that have none, as their source is NIfTI
  std::vector<std::string> lost_dicom;  ///< "sub-1: derive-dicom: ...", for people at this machine
  std::string warning;                  ///< of scans of earlier runs that are still in OUT, or empty

  /// 0, or 8 where a scan was refused, failed or broken.
  [[nodiscard]] int exit_status() const { return refused + failed + broken > 0 ? 8 : 0; }
  /// "15 scans harmonized, 1 refused; 2 inputs set aside", and the warning where there is one
  [[nodiscard]] std::string text() const;
  /// "12 derived DICOM series; 3 scans have none, as their source is no DICOM"
  [[nodiscard]] std::string dicom_text() const;
};

/// A scan that a batch planned and that cannot be collected: its files are gone, or all results are lost.
struct LostScan {
  std::string id;
  std::string site;
  core::ErrorKind kind = core::ErrorKind::Io;
  std::string stage;   ///< where it came to its end
  std::string reason;  ///< for its status file: no path
};

struct Collection {
  boost::filesystem::path out;
  io::ScanList list;
  std::string command;                     ///< as typed, for the report, without absolute paths
  config::Json settings;                   ///< of the run, for the manifest
  std::string pseudonym_key;               ///< that names of inputs are made with (public_input)
  std::vector<io::SetAside> lost;          ///< of the reference: named as they may be shown
  std::vector<LostScan> lost_scans;        ///< that are in no list, and failed
  std::vector<config::Json> chains;        ///< manifest entries of runs before this one (the reference's)
  std::vector<pipeline::OutputFile> more;  ///< files that are in the output folder already (reference.isoref)
  io::SourceDataset source;                ///< what the scans come from
  /// These scans are some of a data set whose other scans are the business of other jobs: no index page, no
  /// manifest and no participants.tsv are written, but a part for each scan that collect_parts makes them of.
  bool some_of_many = false;
  std::optional<DicomOut> dicom_out;  ///< where derived DICOM was asked for
};

using io::public_input;

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
