#include "batch_chains.hpp"

#include <iostream>
#include <set>
#include <utility>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/stages/chains.hpp"
#include "isoscan/stages/scan_unit.hpp"

#include "proof.hpp"
#include "workflow_steps.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

pipeline::Chain chain_named(const std::string& name, const stages::RunOptions& options) {
  if (name == "reference") return stages::reference_chain(options);
  if (name == "apply") return stages::apply_chain(options);
  return stages::harmonize_chain(options);
}

bool learns_reference(const Request& request) {
  return request.site.empty() && !is_package(request.reference);
}

}  // namespace

std::vector<NamedChain> find_chains(const Request& request, const fs::path& work, std::stop_token stop) {
  check_request(request);
  const stages::RunOptions options = stages::run_options(request.settings);
  core::Context context;
  context.stop = std::move(stop);
  io::FindOptions wanted;
  wanted.pseudonym_key = pseudonym_key(request.settings);
  wanted.read = read_choices(request.settings);
  const auto find = [&](const fs::path& scans, const io::ScanFilter& only) {
    wanted.only = only;
    io::ScanList list = list_scans(
        scans, wanted, context, [](const std::string& line) { std::cerr << core::printable(line) << '\n'; });
    check_scans(request, scans, list, work);
    return list;
  };
  const io::ScanList list = find(request.scans, request.only);
  std::vector<NamedChain> chains;
  if (!request.site.empty()) {
    chains.push_back({"apply", chain_named("apply", options), cohort_with_site(list, request)});
  } else if (learns_reference(request)) {
    chains.push_back(
        {"reference", chain_named("reference", options), stages::cohort_of(find(request.reference, {}))});
    chains.push_back({"harmonize", chain_named("harmonize", options), stages::cohort_of(list)});
  } else {
    chains.push_back({"harmonize", chain_named("harmonize", options),
                      cohort_with_reference(list, request.settings, request.reference)});
  }
  return chains;
}

namespace {

/// Gives the scans the reference that is learnt from scans, out of the store.
void add_reference(NamedChain& harmonize, const NamedChain& reference, const Request& request,
                   const fs::path& work) {
  pipeline::Store store(work);
  const auto seed = stages::run_options(request.settings).seed;
  const pipeline::Plan plan = pipeline::plan(reference.chain, reference.cohort, store, seed);
  const pipeline::PlannedStep& last = plan.steps.back();
  if (last.verdict != pipeline::Verdict::Done)
    throw core::Error(core::ErrorKind::Input, "the reference is not learnt: " + last.stage + ": " + last.why);
  share_reference(harmonize.cohort, request.settings, store.output(last.stage, last.key, "reference.isoref"));
}

}  // namespace

NamedChain kept_chain(const Request& request, const fs::path& folder, const fs::path& work,
                      const std::string& name) {
  const stages::RunOptions options = stages::run_options(request.settings);
  auto cohorts = kept_cohorts(folder / kCohorts, work);
  const auto kept = cohorts.find(name);
  if (kept == cohorts.end()) {
    throw core::Error(core::ErrorKind::Input, folder.string() + ": knows no scans of the chain '" + name +
                                                  "'; start `isoscan run` again");
  }
  NamedChain chain{name, chain_named(name, options), std::move(kept->second)};
  if (name == "harmonize" && learns_reference(request))
    add_reference(chain, kept_chain(request, folder, work, "reference"), request, work);
  return chain;
}

namespace {

/// Of a chain that waits for another: every step is still to be planned.
pipeline::Plan all_open(const NamedChain& named) {
  pipeline::Plan plan;
  std::set<std::string> sites;
  for (const pipeline::Unit& unit : named.cohort.units) sites.insert(unit.site);
  for (const auto& stage : named.chain) {
    const pipeline::StageSpec& spec = stage->spec();
    const auto add = [&](const std::string& unit) {
      plan.steps.push_back(
          {spec.name, unit, pipeline::Verdict::Waits, "the reference is not learnt yet", ""});
    };
    if (spec.scope == pipeline::Scope::Image) {
      for (const pipeline::Unit& unit : named.cohort.units) add(unit.id);
    } else if (spec.scope == pipeline::Scope::Site) {
      for (const std::string& site : sites) add(site);
    } else {
      add(pipeline::kCohortUnit);
    }
  }
  return plan;
}

}  // namespace

BatchPlan plan_batch(const Job& job, const fs::path& keep, std::stop_token stop) {
  BatchPlan made;
  const stages::RunOptions options = stages::run_options(job.request.settings);
  pipeline::Store store(job.work);
  const NamedChain* reference = nullptr;
  bool reference_open = false;
  std::vector<NamedChain> chains = find_chains(job.request, job.work, std::move(stop));
  for (NamedChain& named : chains) {
    if (!keep.empty()) keep_cohort(keep / kCohorts, job.work, named.name, named.cohort);
    pipeline::Plan plan;
    if (reference_open) {
      plan = all_open(named);
    } else {
      if (reference != nullptr) add_reference(named, *reference, job.request, job.work);
      plan = pipeline::plan(named.chain, named.cohort, store, options.seed, options.check_outputs);
    }
    if (named.name == "reference") {
      reference = &named;
      reference_open = plan.count(pipeline::Verdict::Done) < plan.steps.size();
    }
    made.steps += plan.steps.size() - plan.count(pipeline::Verdict::Done);
    made.words += named.name + ":\n" + pipeline::explain(plan);
    const auto segments =
        pipeline::segments_of(named.chain, plan, store, named.name, made.segments.size() + 1, job.packing);
    made.segments.insert(made.segments.end(), segments.begin(), segments.end());
  }
  return made;
}

}  // namespace isoscan::app
