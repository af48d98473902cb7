#include "workflow.hpp"

#include <algorithm>
#include <iostream>
#include <set>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/engine/plan.hpp"
#include "isoscan/stages/chains.hpp"
#include "isoscan/stages/collect.hpp"
#include "isoscan/stages/scan_unit.hpp"

#include "session.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

void require_model(const fs::path& file, const char* option, const char* made_by) {
  if (!fs::is_regular_file(file)) {
    throw core::Error(core::ErrorKind::Io, file.string() + ": is no file; " + option +
                                               " needs one made by `isoscan " + made_by + "`");
  }
}

pipeline::Cohort cohort_with(const io::ScanList& list, const std::string& port, const fs::path& file) {
  pipeline::Cohort cohort = stages::cohort_of(list);
  cohort.shared[port] = {{file}, ""};
  return cohort;
}

int broken_inputs(const io::ScanList& list) {
  int broken = 0;
  for (const io::SetAside& input : list.set_aside) broken += input.broken ? 1 : 0;
  return broken;
}

/// Learning commands: 8 where the result stands but some scans did not take part.
int learning_status(const pipeline::RunResult& result, const io::ScanList& list) {
  return result.count(pipeline::StepState::Failed) > 0 || broken_inputs(list) > 0 ? 8 : 0;
}

struct Learned {
  fs::path file;
  std::vector<Json> chains;
  std::vector<io::SetAside> lost;  ///< inputs and scans of the reference that could not take part
};

/// Originals stay untouched: outputs never go where scans lie, nor over a data set that this program did not
/// make.
void require_apart(const fs::path& scans, const fs::path& out) {
  const fs::path from = fs::weakly_canonical(fs::absolute(scans));
  const fs::path to = fs::weakly_canonical(fs::absolute(out));
  const auto [in_to, in_from] = std::mismatch(to.begin(), to.end(), from.begin(), from.end());
  (void)in_from;
  if (in_to == to.end()) {
    throw core::Error(core::ErrorKind::Config, "the output folder " + out.string() + " holds the scans " +
                                                   scans.string() +
                                                   ": choose another, originals stay untouched");
  }
  if (fs::exists(out / "dataset_description.json") && !fs::exists(out / "manifest.json")) {
    throw core::Error(
        core::ErrorKind::Config,
        out.string() + ": is a data set that isoscan did not make; choose another output folder");
  }
}

/// The same for the folder of derived DICOM, which is also no other output folder.
void require_dicom_apart(const Request& request) {
  if (request.dicom_out.empty()) return;
  require_apart(request.scans, request.dicom_out);
  if (!request.reference.empty() && !is_package(request.reference))
    require_apart(request.reference, request.dicom_out);
  const fs::path scans = fs::weakly_canonical(fs::absolute(request.scans));
  const fs::path to = fs::weakly_canonical(fs::absolute(request.dicom_out));
  if (std::mismatch(scans.begin(), scans.end(), to.begin(), to.end()).first == scans.end())
    throw core::Error(core::ErrorKind::Config, "--dicom-out " + request.dicom_out.string() +
                                                   ": lies among the scans; choose a folder outside");
  if (fs::exists(request.dicom_out) && !fs::is_directory(request.dicom_out))
    throw core::Error(core::ErrorKind::Config,
                      "--dicom-out " + request.dicom_out.string() + ": is no folder");
  if (to == fs::weakly_canonical(fs::absolute(request.out))) {
    throw core::Error(core::ErrorKind::Config, "--dicom-out " + request.dicom_out.string() +
                                                   ": is the folder of --out; choose another, as DICOM is "
                                                   "sent with all that lies there");
  }
}

/// A package is never written over anything but a package of its kind.
void require_name(const fs::path& out, const char* extension) {
  if (out.extension() == extension && !fs::is_directory(out)) return;
  throw core::Error(core::ErrorKind::Config,
                    "--out " + out.string() + ": the file to write must be called something" + extension);
}

/// All that can be said to be wrong before scans are looked for: the run and its plan stop at the same
/// things.
void check_request(const Request& request) {
  if (request.command == "reference") {
    require_name(request.out, ".isoref");
  } else if (request.command == "adapt") {
    require_name(request.out, ".isosite");
    require_model(request.reference, "--reference", "reference");
    (void)domain::load_reference(request.reference);
  } else if (request.command == "apply") {
    require_model(request.site, "--site", "adapt");
    require_apart(request.scans, request.out);
    // A wrong file is said before an hour of work, not after.
    (void)domain::load_site(request.site);
    require_dicom_apart(request);
  } else if (request.command == "harmonize") {
    require_apart(request.scans, request.out);
    if (is_package(request.reference)) {
      (void)domain::load_reference(request.reference);
    } else {
      require_apart(request.reference, request.out);
    }
    require_dicom_apart(request);
  }
}

/// One call, one site: whoever adapts has put one hospital's scans together, whatever their device tags say.
std::string one_site_of(const io::ScanList& list) {
  std::set<std::string> sites;
  for (const io::ScanSource& scan : list.scans) sites.insert(scan.site);
  if (sites.size() > 1) {
    std::string names;
    for (const std::string& site : sites) names += (names.empty() ? "" : ", ") + site;
    throw core::Error(core::ErrorKind::Input,
                      "the scans come from " + std::to_string(sites.size()) + " sites (" + names +
                          "): adapt each alone, or let `isoscan harmonize` fit one map a site");
  }
  return *sites.begin();
}

/// The reference as a package: the one given, or learnt from scans.
Learned reference_of(const Request& request, Session& session) {
  if (is_package(request.reference)) return {request.reference, {}, {}};
  const io::ScanList list = session.find(request.reference);
  const pipeline::Chain chain = stages::reference_chain(session.options());
  const auto result = session.run("reference", chain, stages::cohort_of(list), 0.02, 0.4);
  Learned learned{
      output_of(result, session.store(), "fit-reference", pipeline::kCohortUnit, "reference.isoref"),
      {pipeline::manifest_chain(chain, result)},
      {}};
  for (const io::SetAside& input : list.set_aside) {
    if (input.broken)
      learned.lost.push_back(
          {"reference: " + stages::public_input(input, session.key()).name, input.reason, true});
  }
  std::set<std::string> lost;
  for (const pipeline::StepResult& step : result.steps) {
    if (step.failure && lost.insert(step.unit).second)
      learned.lost.push_back({"reference: " + step.unit, step.failure->public_message, true});
  }
  return learned;
}

int finish(const Request& request, Session& session, const io::ScanList& list, const pipeline::Chain& chain,
           const pipeline::RunResult& result, Learned learned) {
  stages::Collection what;
  what.out = request.out;
  what.list = list;
  what.command = public_command(request);
  what.settings = result_settings(request.settings);
  what.pseudonym_key = session.key();
  what.chains = std::move(learned.chains);
  what.lost = std::move(learned.lost);
  if (!request.dicom_out.empty()) {
    const bool keep = request.settings.at("dicom_identity").as_string() == "keep";
    what.dicom_out =
        stages::DicomOut{request.dicom_out, keep ? io::DicomIdentity::Keep : io::DicomIdentity::Remove,
                         session.key(), session.context()};
  }
  if (!learned.file.empty()) {
    put_copy(learned.file, request.out / "reference.isoref");
    what.more.push_back(pipeline::output_file(request.out, "reference.isoref"));
  }
  const stages::Tally tally = stages::collect(what, chain, result, session.store());
  session.say(session.work_done());
  for (const std::string& line : tally.lost_dicom) session.say(line);
  if (!request.dicom_out.empty()) session.say(tally.dicom_text() + " in " + request.dicom_out.string());
  session.say(tally.text() + "; report: " + (request.out / "reports" / "index.html").string());
  if (tally.harmonized == 0) {
    for (const pipeline::StepResult& step : result.steps) {
      if (step.failure) return core::exit_status(step.failure->kind);
    }
  }
  return tally.exit_status();
}

}  // namespace

int run_reference(const Request& request, const fs::path& work, std::stop_token stop) {
  check_request(request);
  Session session(work, work / "run.jsonl", request.settings, std::move(stop));
  const io::ScanList list = session.find(request.scans);
  save(request, work);
  const auto result = session.run("reference", stages::reference_chain(session.options()),
                                  stages::cohort_of(list), 0.02, 1.0);
  put_copy(output_of(result, session.store(), "fit-reference", pipeline::kCohortUnit, "reference.isoref"),
           request.out);
  session.say(session.work_done());
  session.say("reference package of " +
              std::to_string(list.scans.size() - result.count(pipeline::StepState::Failed)) +
              " scans: " + request.out.string());
  return learning_status(result, list);
}

int run_adapt(const Request& request, const fs::path& work, std::stop_token stop) {
  check_request(request);
  Session session(work, work / "run.jsonl", request.settings, std::move(stop));
  const io::ScanList list = session.find(request.scans);
  const std::string site = one_site_of(list);
  save(request, work);
  const auto result = session.run("adapt", stages::adapt_chain(session.options()),
                                  cohort_with(list, "reference", request.reference), 0.02, 1.0);
  put_copy(output_of(result, session.store(), "fit-site", site, "site.isosite"), request.out);
  session.say(session.work_done());
  session.say("site model: " + request.out.string());
  return learning_status(result, list);
}

int run_apply(const Request& request, const fs::path& work, std::stop_token stop) {
  check_request(request);
  Request told = request;  // the method is the model's
  told.settings["method"] = domain::name(domain::load_site(request.site).method);
  Session session(work, request.out / "run.jsonl", request.settings, std::move(stop));
  const io::ScanList list = session.find(request.scans);
  save(request, work);
  const pipeline::Chain chain = stages::apply_chain(session.options());
  const auto result = session.run("apply", chain, cohort_with(list, "site", request.site), 0.02, 1.0);
  return finish(told, session, list, chain, result, {});
}

int run_harmonize(const Request& request, const fs::path& work, std::stop_token stop) {
  check_request(request);
  Session session(work, request.out / "run.jsonl", request.settings, std::move(stop));
  const io::ScanList list = session.find(request.scans);
  save(request, work);
  const Learned reference = reference_of(request, session);
  const pipeline::Chain chain = stages::harmonize_chain(session.options());
  const auto result =
      session.run("harmonize", chain, cohort_with(list, "reference", reference.file), 0.4, 1.0);
  return finish(request, session, list, chain, result, reference);
}

std::string explain_request(const Request& request, const fs::path& work, std::stop_token stop) {
  const stages::RunOptions options = stages::run_options(request.settings);
  core::Context context;
  context.stop = std::move(stop);
  pipeline::Store store(work);
  const auto planned = [&](const pipeline::Chain& chain, const pipeline::Cohort& cohort) {
    return pipeline::explain(pipeline::plan(chain, cohort, store, options.seed, options.check_outputs));
  };
  check_request(request);
  io::FindOptions wanted;
  wanted.pseudonym_key = pseudonym_key(request.settings);
  wanted.read = read_choices(request.settings);
  const auto find = [&](const fs::path& scans) {
    return list_scans(scans, wanted, context,
                      [](const std::string& line) { std::cerr << core::printable(line) << '\n'; });
  };
  const io::ScanList list = find(request.scans);
  if (request.command == "reference")
    return planned(stages::reference_chain(options), stages::cohort_of(list));
  if (request.command == "adapt") {
    (void)one_site_of(list);
    return planned(stages::adapt_chain(options), cohort_with(list, "reference", request.reference));
  }
  if (request.command == "apply")
    return planned(stages::apply_chain(options), cohort_with(list, "site", request.site));
  std::string text;
  fs::path reference = request.reference;
  if (!is_package(reference)) {
    const pipeline::Chain chain = stages::reference_chain(options);
    const pipeline::Cohort cohort = stages::cohort_of(find(reference));
    const pipeline::Plan plan = pipeline::plan(chain, cohort, store, options.seed, options.check_outputs);
    text += "reference:\n" + pipeline::explain(plan);
    const pipeline::PlannedStep& last = plan.steps.back();
    if (last.verdict != pipeline::Verdict::Done) {
      return text + "\nscans: wait for the reference; whether they run again depends on its bytes\n";
    }
    reference = store.output(last.stage, last.key, "reference.isoref");
    text += "\nscans:\n";
  }
  return text + planned(stages::harmonize_chain(options), cohort_with(list, "reference", reference));
}

}  // namespace isoscan::app
