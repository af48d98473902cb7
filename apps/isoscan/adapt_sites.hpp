/// @file Site models of a whole study in one run: a folder with one for each site.
#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/engine/run.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::app {

/// Whether `out` of `adapt` is a folder of site models rather than one: a file is called .isosite.
[[nodiscard]] bool is_site_folder(const boost::filesystem::path& out);

/// `folder`/SITE.isosite, as `harmonize` calls it.
[[nodiscard]] boost::filesystem::path site_file(const boost::filesystem::path& folder,
                                                const std::string& site);

/// The list's sites, each once, sorted.
[[nodiscard]] std::vector<std::string> sites_of(const io::ScanList& list);

/// No model of anything else is written over, nor an adapt.json that is no record of a run. @throws
/// Error(Config) naming the file, or where the folder is none.
void require_site_folder(const boost::filesystem::path& folder);

/// That the site's model was fitted. @throws Error, where it was not: of the step of this site that failed,
/// whatever became of other sites.
void require_learnt(const pipeline::RunResult& result, const io::ScanList& list, const std::string& site);

/// Of a site most of whose scans look like no heads, the rest is not believed either. @throws Error(Input).
void require_most_plausible(const pipeline::RunResult& result, const io::ScanList& list,
                            const std::string& site);

}  // namespace isoscan::app
