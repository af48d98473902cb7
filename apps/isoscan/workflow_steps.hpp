/// @file What a run and its plan have in common: checks before the first step, and who takes part.
#pragma once

#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/unit.hpp"
#include "isoscan/io/scan.hpp"

#include "request.hpp"

namespace isoscan::app {

/// All that can be said to be wrong before scans are looked for: the run and its plan stop at the same
/// things. @throws Error(Config|Io|Input).
void check_request(const Request& request);

/// Where Request::signed_by asks for it: that what others made and this run reads is signed by that key. A
/// part of check_request; before anything else reads those files. @throws Error(Input|Config|Io).
void require_signatures(const Request& request);

/// What only a list of scans tells to be wrong: an output or the work folder lies where its files are.
/// @param scans  what the list is of: the request's scans, or its reference's. @throws Error(Config).
void check_scans(const Request& request, const boost::filesystem::path& scans, const io::ScanList& list,
                 const boost::filesystem::path& work);

/// One call, one site: whoever adapts has put one hospital's scans together, whatever their device tags say.
/// @throws Error(Input) where the list names several.
[[nodiscard]] std::string one_site_of(const io::ScanList& list);

/// The scans of the list, which share the request's site model and, where its file leaves something to it,
/// its reference package. @throws Error as package_of_site.
[[nodiscard]] pipeline::Cohort cohort_with_site(const io::ScanList& list, const Request& request);

/// What scans learn from joins the cohort: a package and, where the method in the settings wants them, the
/// reference's own scans beside it.
void share_reference(pipeline::Cohort& cohort, const config::Json& settings,
                     const boost::filesystem::path& package);

/// The scans of the list, and what they learn from: a reference package and, where the method in the settings
/// wants them, the reference's own scans beside it.
[[nodiscard]] pipeline::Cohort cohort_with_reference(const io::ScanList& list, const config::Json& settings,
                                                     const boost::filesystem::path& package);

/// Scans that are wanted go through the whole chain; the others of their sites take part as far as the map of
/// their site is fitted on them.
[[nodiscard]] pipeline::Cohort learning_cohort(const io::ScanList& all, const io::ScanList& wanted,
                                               const config::Json& settings,
                                               const boost::filesystem::path& package);

}  // namespace isoscan::app
