/// @file The commands that learn and harmonize, as functions: the command line, the demo and `explain` share
/// them.
#pragma once

#include <stop_token>
#include <string>

#include <boost/filesystem/path.hpp>

#include "gathering.hpp"
#include "request.hpp"

namespace isoscan::app {

/// Runs the request; `work` holds intermediate results. Returns the exit status. @throws Error; Lost where a
/// batch is gathered and what all scans need is not there.
int run_reference(const Request& request, const boost::filesystem::path& work, std::stop_token stop);
int run_adapt(const Request& request, const boost::filesystem::path& work, std::stop_token stop);
/// @param summary  gets the last line that people are told; may be null
int run_apply(const Request& request, const boost::filesystem::path& work, std::stop_token stop,
              const Gathering& gathering = {}, std::string* summary = nullptr);
int run_harmonize(const Request& request, const boost::filesystem::path& work, std::stop_token stop,
                  const Gathering& gathering = {}, std::string* summary = nullptr);

/// OUT of a batch that has no result at all: each scan of the plan failed, for this reason. Returns the exit
/// status. @throws Error.
int collect_lost(const Request& request, const boost::filesystem::path& work, std::stop_token stop,
                 const Gathering& gathering, const Lost& lost, std::string* summary);

/// A participant job of `isoscan bids`: the scans that request.only wants, as they come out where all are
/// wanted: a map that is to be fitted is fitted on all scans of its site. Leaves a part for each scan in OUT
/// (stages::collect_parts).
/// @param reports_only  makes the pages again; @throws Error(Input) where anything else is to be computed
int run_bids_participant(const Request& request, const boost::filesystem::path& work, bool reports_only,
                         std::stop_token stop);

/// @throws Error(Input) naming the first step, other than making pages, whose result is not in the store.
void require_computed(const Request& request, const boost::filesystem::path& work, std::stop_token stop);

/// What the request would run again and why, in words. Nothing is run. What the run itself would say of its
/// inputs before it starts is said on stderr. @throws Error as the run itself would before its first step.
[[nodiscard]] std::string explain_request(const Request& request, const boost::filesystem::path& work,
                                          std::stop_token stop);

}  // namespace isoscan::app
