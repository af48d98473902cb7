// The plan of a request: what a run would do, in words, and whether there is anything to compute.
#include <iostream>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/engine/plan.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/stages/chains.hpp"
#include "isoscan/stages/run_options.hpp"
#include "isoscan/stages/scan_unit.hpp"

#include "adapt_sites.hpp"
#include "batch_reasons.hpp"
#include "workflow.hpp"
#include "workflow_steps.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

struct Planned {
  std::string title;  // empty, or whose plan it is
  pipeline::Plan plan;
};

/// The plans of the chains that the request would run; the last one is missing where it waits for a
/// reference that is to be learnt first.
std::vector<Planned> plans_of(const Request& request, const fs::path& work, std::stop_token stop,
                              bool& waits_for_reference) {
  const stages::RunOptions options = stages::run_options(request.settings);
  core::Context context;
  context.stop = std::move(stop);
  pipeline::Store store(work);
  const auto plan = [&](const pipeline::Chain& chain, const pipeline::Cohort& cohort) {
    return pipeline::plan(chain, cohort, store, options.seed, options.check_outputs);
  };
  check_request(request);
  io::FindOptions wanted_scans;
  wanted_scans.pseudonym_key = pseudonym_key(request.settings);
  wanted_scans.read = read_choices(request.settings);
  const auto find = [&](const fs::path& scans, const io::ScanFilter& only) {
    wanted_scans.only = only;
    return list_scans(scans, wanted_scans, context,
                      [](const std::string& line) { std::cerr << core::printable(line) << '\n'; });
  };
  const bool bids = request.command == "bids";
  const io::ScanList list = find(request.scans, bids ? io::ScanFilter{} : request.only);
  check_scans(request, request.scans, list, work);
  if (request.command == "reference")
    return {{"", plan(stages::reference_chain(options), stages::cohort_of(list))}};
  if (request.command == "adapt") {
    if (!is_site_folder(request.out)) (void)one_site_of(list);
    return {{"", plan(stages::adapt_chain(options),
                      cohort_with_reference(list, request.settings, request.reference))}};
  }
  const io::ScanList wanted = bids ? io::select_scans(list, request.only) : list;
  if (!request.site.empty())
    return {{"", plan(stages::apply_chain(options), cohort_with_site(wanted, request))}};
  std::vector<Planned> plans;
  fs::path reference = request.reference;
  if (!is_package(reference)) {
    const io::ScanList scans = find(reference, {});
    check_scans(request, reference, scans, work);
    plans.push_back({"reference", plan(stages::reference_chain(options), stages::cohort_of(scans))});
    const pipeline::PlannedStep& last = plans.back().plan.steps.back();
    waits_for_reference = last.verdict != pipeline::Verdict::Done;
    if (waits_for_reference) return plans;
    reference = store.output(last.stage, last.key, "reference.isoref");
  }
  plans.push_back(
      {plans.empty() ? "" : "scans",
       plan(stages::harmonize_chain(options), learning_cohort(list, wanted, request.settings, reference))});
  return plans;
}

}  // namespace

std::string explain_request(const Request& request, const fs::path& work, std::stop_token stop) {
  bool waits = false;
  std::string text;
  const auto reasons = last_reasons(work, request.out);
  for (Planned& planned : plans_of(request, work, std::move(stop), waits)) {
    for (pipeline::PlannedStep& step : planned.plan.steps) {
      // The store remembers nothing of a task that was killed; the batch does.
      if (!reasons || step.verdict != pipeline::Verdict::Run) continue;
      if (const auto words = reasons->of(step.stage, step.unit))
        step.why = "did not come to its end: " + *words + (step.why == "never ran" ? "" : "; " + step.why);
    }
    if (!planned.title.empty()) text += (text.empty() ? "" : "\n") + planned.title + ":\n";
    text += pipeline::explain(planned.plan);
  }
  if (waits) text += "\nscans: wait for the reference; whether they run again depends on its bytes\n";
  return text;
}

void require_computed(const Request& request, const fs::path& work, std::stop_token stop) {
  bool waits = false;
  const std::vector<Planned> plans = plans_of(request, work, std::move(stop), waits);
  for (const Planned& planned : plans) {
    for (const pipeline::PlannedStep& step : planned.plan.steps) {
      if (step.stage == "page" ||
          (step.verdict != pipeline::Verdict::Run && step.verdict != pipeline::Verdict::Waits))
        continue;
      throw core::Error(core::ErrorKind::Input, "--reports-only makes pages of what is computed, and " +
                                                    step.stage + " of " + step.unit + " is not (" + step.why +
                                                    "): run it without --reports-only first");
    }
  }
}

}  // namespace isoscan::app
