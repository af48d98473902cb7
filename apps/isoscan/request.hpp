/// @file What a run was asked to do, kept in its work folder so that `isoscan explain` can plan it again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/context.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::app {

/// "harmonize", "apply", "adapt" or "reference". Paths are absolute: the work folder is private to this
/// machine.
struct Request {
  std::string command;
  boost::filesystem::path scans;
  boost::filesystem::path reference;  ///< harmonize: package or scans; adapt: package
  boost::filesystem::path site;       ///< apply: the site model
  boost::filesystem::path out;        ///< folder, or file of adapt and reference
  config::Json settings;
};

void save(const Request& request, const boost::filesystem::path& work);
/// @throws Error(Input) where the folder holds no run.
[[nodiscard]] Request load_request(const boost::filesystem::path& work);

/// A .isoref file, or a folder or table of scans?
[[nodiscard]] bool is_package(const boost::filesystem::path& reference);

/// Where intermediate results go: as asked, else ".isoscan" in an output folder or beside an output file.
[[nodiscard]] boost::filesystem::path work_folder(const std::string& asked,
                                                  const boost::filesystem::path& out, bool out_is_folder);

/// The last part of a path, without the way to it.
[[nodiscard]] std::string leaf_name(const boost::filesystem::path& path);

/// io::find_scans; scans that neither a table nor a device tells the site of are one site: the folder that
/// they were given as.
[[nodiscard]] io::ScanList list_scans(const boost::filesystem::path& scans, const core::Context& context);

/// The command as a report may show it: names of files and folders without the way to them.
[[nodiscard]] std::string public_command(const Request& request);

}  // namespace isoscan::app
