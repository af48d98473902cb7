/// @file The chains that a request runs, by name, as tasks find them again from the work folder.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/engine/batch.hpp"
#include "isoscan/engine/plan.hpp"
#include "isoscan/engine/store.hpp"

#include "job.hpp"

namespace isoscan::app {

struct NamedChain {
  std::string name;  ///< "reference", "harmonize", "apply"
  pipeline::Chain chain;
  pipeline::Cohort cohort;
};

/// The chains in the order in which they run, from the scans as they are found now.
/// @throws Error as the run itself would before its first step.
[[nodiscard]] std::vector<NamedChain> find_chains(const Request& request, const boost::filesystem::path& work,
                                                  std::stop_token stop);

/// The chain of this name with the cohort that was kept in `folder` (keep_cohort). A reference that is learnt
/// from scans is looked up in the store. @throws Error(Input) where it is not there yet.
[[nodiscard]] NamedChain kept_chain(const Request& request, const boost::filesystem::path& folder,
                                    const boost::filesystem::path& work, const std::string& name);

struct BatchPlan {
  std::vector<pipeline::Segment> segments;
  std::string words;      ///< for people: what would run and why
  std::size_t steps = 0;  ///< that are not done
};

/// What is to be done, cut into tasks. Nothing is run.
/// @param keep  the batch's folder, where its tasks find the scans; empty: nothing is written
[[nodiscard]] BatchPlan plan_batch(const Job& job, const boost::filesystem::path& keep, std::stop_token stop);

}  // namespace isoscan::app
