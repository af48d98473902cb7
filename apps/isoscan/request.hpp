/// @file What a run was asked to do, kept in its work folder so that `isoscan explain` can plan it again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/context.hpp"
#include "isoscan/io/scan.hpp"

#include "run_flags.hpp"

namespace isoscan::app {

/// "harmonize", "apply", "adapt", "reference", or "bids" (its level participant). Paths are absolute: the
/// work folder is private to this machine. In it an output that holds the folder is relative, so that both
/// may be moved.
struct Request {
  std::string command;
  boost::filesystem::path scans;
  boost::filesystem::path
      reference;                 ///< harmonize: package or scans; adapt: package; apply: the site's, or empty
  boost::filesystem::path site;  ///< apply: the site model
  bool self_contained = false;   ///< adapt: the site model holds what is in the package too
  boost::filesystem::path out;   ///< folder, or file of adapt and reference
  boost::filesystem::path dicom_out;  ///< folder for derived DICOM, or empty
  boost::filesystem::path sign_key;   ///< of the provenance or of the file that is made, or empty
  boost::filesystem::path signed_by;  ///< public key that package and site must be signed with, or empty
  boost::filesystem::path config;     ///< the --config file, or empty
  config::Json settings;              ///< of flags and file, defaults filled in
  io::ScanFilter only;                ///< of `scans`, those that are wanted
  std::string kernels;  ///< that --kernels or the CONFIG named; empty: the fastest of the processor
};

/// As the request of the folder, which may be a batch's.
void save(const Request& request, const boost::filesystem::path& folder);
/// As the last run of a work folder, and of its output.
void save_run(const Request& request, const boost::filesystem::path& work);
/// The last run of the folder. @throws Error(Input) where it holds no run.
[[nodiscard]] Request load_request(const boost::filesystem::path& work);
/// The last run of `out` in a work folder that several outputs may share; of the work folder itself (or one
/// that was moved) its last run. @throws Error(Input) where there is none.
[[nodiscard]] Request load_request(const boost::filesystem::path& work, const boost::filesystem::path& out);

/// A .isoref file, or a folder or table of scans?
[[nodiscard]] bool is_package(const boost::filesystem::path& reference);

/// The method where neither flag nor file names one: "enot" ("two-pass" where it holds no feature rows) for a
/// package that travelled without the reference's own scans, or is of one person, and holds no shared
/// restorer, else "restore". @throws Error(Input) where the scans are torn.
[[nodiscard]] std::string usual_method(const boost::filesystem::path& reference);

/// Whether the rung is zero-shot though nothing names one: of "restore" with a package that travelled without
/// the reference's own scans. @param given  options without defaults, the method among them
[[nodiscard]] bool falls_to_zero_shot(const config::Json& given, const boost::filesystem::path& reference);

/// What flags and file say, with the usual method where they name none; says so on the terminal where that
/// is not "restore". @param reference  may be empty  @throws Error(Config)
[[nodiscard]] config::Json method_settings(const RunFlags& flags, const boost::filesystem::path& reference);

/// The reference's scans that belong to a package: its name with .isoscans.
[[nodiscard]] boost::filesystem::path scans_beside(const boost::filesystem::path& package);

/// How a package or site model came to be, beside it: its name with .json behind it.
[[nodiscard]] boost::filesystem::path record_beside(const boost::filesystem::path& package);

/// Where intermediate results go: as asked, else ".isoscan" in an output folder or beside an output file.
[[nodiscard]] boost::filesystem::path work_folder(const std::string& asked,
                                                  const boost::filesystem::path& out, bool out_is_folder);

/// @throws Error(Config) where a spacing is asked for a reference that is learnt already, or the work folder
/// that was asked for lies among scans.
void check_places(const Request& request, bool asks_for_spacing, const std::string& asked_work);

/// The last part of a path, without the way to it.
[[nodiscard]] std::string leaf_name(const boost::filesystem::path& path);

/// The bytes of the file that the settings name as pseudonym_key; empty where they name none.
/// @throws Error(Io) where it cannot be read; Error(Config) under 16 bytes or over 1 MiB.
[[nodiscard]] std::string pseudonym_key(const config::Json& settings);

/// How the settings want scans to be read: their keys scaling, first_volume and resample.
[[nodiscard]] io::ReadChoices read_choices(const config::Json& settings);

/// io::find_scans; scans that neither a table nor a device tells the site of are one site: the folder that
/// they were given as. Says on `say` which inputs are broken, and how many scans were found.
/// @throws Error(Input) where there is no scan.
[[nodiscard]] io::ScanList list_scans(const boost::filesystem::path& scans, const io::FindOptions& options,
                                      const core::Context& context,
                                      const std::function<void(const std::string&)>& say);

/// The command as a report may show it, and as it gives the same result where it is typed again with the
/// files and folders in place of SCANS, REFERENCE_SCANS and their like: every option that makes a difference,
/// no name of a file.
[[nodiscard]] std::string public_command(const Request& request);

}  // namespace isoscan::app
