#include "workflow.hpp"

#include <algorithm>
#include <iostream>
#include <set>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/engine/plan.hpp"
#include "isoscan/harmonize/plausibility.hpp"
#include "isoscan/stages/chains.hpp"
#include "isoscan/stages/collect.hpp"
#include "isoscan/stages/scan_unit.hpp"

#include "adapt_sites.hpp"
#include "file_signature.hpp"
#include "package_of_site.hpp"
#include "proof.hpp"
#include "session.hpp"
#include "workflow_steps.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

int broken_inputs(const io::ScanList& list) {
  int broken = 0;
  for (const io::SetAside& input : list.set_aside) broken += input.broken ? 1 : 0;
  return broken;
}

/// Learning commands: 8 where the result stands but some scans did not take part.
int learning_status(const pipeline::RunResult& result, const io::ScanList& list) {
  return result.count(pipeline::StepState::Failed) > 0 || broken_inputs(list) > 0 ? 8 : 0;
}

/// One line where scans are to be judged by their look, and the package or model has nothing to judge them
/// by.
void say_unless_judged(const Request& request, const domain::Plausibility& plausibility, Session& session) {
  if (plausibility.empty() && request.settings.at("plausibility").as_bool())
    session.say(std::string("warning: ") + harmonize::kNotJudged);
}

struct Learned {
  fs::path file;
  std::vector<Json> chains;
  std::vector<io::SetAside> lost;  ///< inputs and scans of the reference that could not take part
};

/// Of a batch: its tasks learnt the reference. @throws Lost.
void require_reference(const pipeline::RunResult& result) {
  const pipeline::StepResult* fitted = result.find("fit-reference", pipeline::kCohortUnit);
  if (fitted == nullptr || fitted->state == pipeline::StepState::Done ||
      fitted->state == pipeline::StepState::Ran)
    return;
  const pipeline::StepResult* first = fitted->failure ? fitted : nullptr;
  for (const pipeline::StepResult& step : result.steps) {
    if (first == nullptr && step.failure) first = &step;
  }
  const auto reason = [&](const std::string& message) {
    const std::string who = first == fitted ? std::string() : first->unit + ": ";
    return "the reference was not learnt: " + who + first->stage + ": " + message;
  };
  if (first == nullptr) return;
  throw Lost(core::Error(first->failure->kind, reason(first->failure->message)), "fit-reference",
             reason(first->failure->public_message));
}

/// The reference as a package: the one given, or learnt from scans.
Learned reference_of(const Request& request, Session& session) {
  if (is_package(request.reference)) return {request.reference, {}, {}};
  const io::ScanList list = session.find(request.reference, {}, "reference");
  check_scans(request, request.reference, list, session.work());
  const pipeline::Chain chain = stages::reference_chain(session.options());
  const auto result = session.run("reference", chain, stages::cohort_of(list), 0.02, 0.4);
  if (session.gathering().withhold) require_reference(result);
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
           const pipeline::RunResult& result, Learned learned, std::string* summary = nullptr) {
  stages::Collection what;
  what.out = request.out;
  what.list = list;
  what.command = public_command(request);
  what.settings = result_settings(request.settings);
  what.pseudonym_key = session.key();
  what.source = io::source_dataset(request.scans);
  what.some_of_many = request.command == "bids";
  what.chains = std::move(learned.chains);
  what.lost = std::move(learned.lost);
  if (!request.dicom_out.empty()) {
    const bool keep = request.settings.at("dicom_identity").as_string() == "keep";
    what.dicom_out =
        stages::DicomOut{request.dicom_out, keep ? io::DicomIdentity::Keep : io::DicomIdentity::Remove,
                         session.key(), session.context()};
  }
  for (const pipeline::Unit& unit : session.gone(result.name))
    what.lost_scans.push_back({unit.id, unit.site, core::ErrorKind::Io, "survey", kGone});
  if (!learned.file.empty()) {
    put_copy(learned.file, request.out / "reference.isoref");
    what.more.push_back(pipeline::output_file(request.out, "reference.isoref"));
  }
  const stages::Tally tally = stages::collect(what, chain, result, session.store());
  if (!what.some_of_many) write_proof(request.out, session.store(), request.sign_key);
  session.say(session.work_done());
  for (const std::string& line : tally.lost_dicom) session.say(line);
  if (!request.dicom_out.empty()) session.say(tally.dicom_text() + " in " + request.dicom_out.string());
  session.say(tally.text() + (what.some_of_many
                                  ? "; the level group makes the report of all"
                                  : "; report: " + (request.out / "reports" / "index.html").string()));
  if (summary != nullptr) *summary = tally.text();
  if (tally.harmonized + tally.passed == 0) {
    for (const pipeline::StepResult& step : result.steps) {
      if (step.failure) return core::exit_status(step.failure->kind);
    }
  }
  return tally.exit_status();
}

/// How packages came to be, as `record`: digests of inputs and outputs, options, versions, seed. By the form
/// of a manifest.
void write_record(const fs::path& record, const Request& request, const pipeline::Chain& chain,
                  const pipeline::RunResult& result, const std::vector<fs::path>& files) {
  std::vector<pipeline::OutputFile> outputs;
  for (const fs::path& file : files)
    outputs.push_back(pipeline::output_file(fs::absolute(file).parent_path(), file.filename().string()));
  const Json facts = pipeline::manifest(result_settings(request.settings),
                                        {pipeline::manifest_chain(chain, result)}, outputs);
  core::write_if_changed(record, facts.dump_pretty());
}

std::size_t people_of(const io::ScanList& list) {
  std::set<std::string> people;
  for (const auto& scan : list.scans) people.insert(scan.subject);
  return people.size();
}

/// What a batch learnt from may have gone since it was planned. @throws Lost, else as check_request.
void check_again(const Request& request, const Gathering& gathering) {
  try {
    check_request(request);
  } catch (const core::Error& error) {
    const bool gone = error.kind() == core::ErrorKind::Io || error.kind() == core::ErrorKind::Input;
    if (!gathering.withhold || !gone) throw;
    throw Lost(error, request.site.empty() ? "fit-reference" : "apply",
               request.site.empty() ? "the reference cannot be read any more"
                                    : "the site model or its reference package cannot be read any more");
  }
}

}  // namespace

int collect_lost(const Request& request, const fs::path& work, std::stop_token stop,
                 const Gathering& gathering, const Lost& lost, std::string* summary) {
  const bool applies = request.command == "apply";
  Session session(work, request.out, request.out / "run.jsonl", request.settings, std::move(stop));
  session.gather(gathering);
  stages::Collection what;
  what.out = request.out;
  what.command = public_command(request);
  what.settings = result_settings(request.settings);
  const std::string name = applies ? "apply" : "harmonize";
  if (const auto planned = gathering.planned.find(name); planned != gathering.planned.end()) {
    for (const pipeline::Unit& unit : planned->second.units)
      what.lost_scans.push_back({unit.id, unit.site, lost.kind(), lost.stage(), lost.reason()});
  }
  pipeline::RunResult result;
  result.name = name;
  result.seed = session.options().seed;
  const pipeline::Chain chain =
      applies ? stages::apply_chain(session.options()) : stages::harmonize_chain(session.options());
  const stages::Tally tally = stages::collect(what, chain, result, session.store());
  write_proof(request.out, session.store(), request.sign_key);
  session.say(lost.what());
  session.say(tally.text() + "; report: " + (request.out / "reports" / "index.html").string());
  if (summary != nullptr) *summary = tally.text() + ": " + lost.reason();
  return core::exit_status(lost.kind());
}

int run_reference(const Request& request, const fs::path& work, std::stop_token stop) {
  check_request(request);
  Session session(work, request.out, work / "run.jsonl", request.settings, std::move(stop));
  const io::ScanList list = session.find(request.scans, request.only);
  check_scans(request, request.scans, list, work);
  save_run(request, work);
  const pipeline::Chain chain = stages::reference_chain(session.options());
  const auto result = session.run("reference", chain, stages::cohort_of(list), 0.02, 1.0);
  const fs::path package =
      output_of(result, session.store(), "fit-reference", pipeline::kCohortUnit, "reference.isoref");
  const std::vector<std::pair<fs::path, fs::path>> files{{scans_beside(package), scans_beside(request.out)},
                                                         {package, request.out}};
  for (const auto& [from, to] : files) {
    const bool changed = put_copy(from, to);
    write_signature(to, request.sign_key, changed);
  }
  write_record(record_beside(request.out), request, chain, result, {request.out, scans_beside(request.out)});
  session.say(session.work_done());
  const std::size_t people = people_of(list);
  session.say("reference package of " +
              std::to_string(list.scans.size() - result.count(pipeline::StepState::Failed)) + " scans" +
              (people < list.scans.size() ? ", of " + std::to_string(people) +
                                                (people == 1 ? " person" : " people") + " by their labels: "
                                          : ": ") +
              request.out.string() + " (it may travel; " + scans_beside(request.out).filename().string() +
              " beside it holds their images, for --method restore here)");
  return learning_status(result, list);
}

int run_adapt(const Request& request, const fs::path& work, std::stop_token stop) {
  check_request(request);
  const bool folder = is_site_folder(request.out);
  Session session(work, request.out, work / "run.jsonl", request.settings, std::move(stop));
  const io::ScanList list = session.find(request.scans, request.only);
  check_scans(request, request.scans, list, work);
  const std::vector<std::string> sites =
      folder ? sites_of(list) : std::vector<std::string>{one_site_of(list)};
  say_unless_judged(request, domain::load_reference(request.reference).plausibility, session);
  save_run(request, work);
  const pipeline::Chain chain = stages::adapt_chain(session.options());
  const auto result = session.run(
      "adapt", chain, cohort_with_reference(list, request.settings, request.reference), 0.02, 1.0);
  std::vector<fs::path> made;
  std::vector<std::string> lost;
  std::vector<std::string> ladder;  ///< which rung was kept, where some were tried
  for (const std::string& site : sites) {
    const fs::path file = folder ? site_file(request.out, site) : request.out;
    try {
      require_most_plausible(result, list, site);
      require_learnt(result, list, site);
    } catch (const core::Error& error) {  // one site never stops the others
      if (sites.size() == 1) throw;
      lost.push_back(
          "site " + site + ": " + error.what() +
          (fs::exists(file) ? " (" + file.filename().string() + " there is of an earlier run)" : ""));
      if (lost.size() == sites.size()) throw core::Error(error.kind(), "no site was learnt: " + lost.front());
      continue;
    }
    const fs::path model = output_of(result, session.store(), "fit-site", site,
                                     request.self_contained ? "complete.isosite" : "site.isosite");
    const bool changed = put_copy(model, file);
    write_signature(file, request.sign_key, changed);
    made.push_back(file);
    const Json fit = config::read_json(output_of(result, session.store(), "fit-site", site, "fit.json"));
    if (!fit.at("held_out_db").is_null())
      ladder.push_back((folder ? "site " + site + ": " : std::string()) + fit.at("ended").as_string());
  }
  write_record(folder ? request.out / "adapt.json" : record_beside(request.out), request, chain, result,
               made);
  session.say(session.work_done());
  for (const std::string& line : ladder) session.say(core::printable(line));
  for (const std::string& line : lost) session.say(core::printable(line));
  if (folder)
    session.say(std::to_string(made.size()) + (made.size() == 1 ? " site model in " : " site models in ") +
                request.out.string() + "; `isoscan sites` compares them");
  else
    session.say("site model: " + request.out.string());
  return lost.empty() ? learning_status(result, list) : 8;
}

int run_apply(const Request& request, const fs::path& work, std::stop_token stop, const Gathering& gathering,
              std::string* summary) {
  check_again(request, gathering);
  Request told = request;  // the method is the model's
  told.settings["method"] = domain::name(domain::load_site(request.site).method);
  Session session(work, request.out, request.out / "run.jsonl", request.settings, std::move(stop));
  session.gather(gathering);
  const io::ScanList list = session.find(request.scans, request.only, "apply");
  check_scans(request, request.scans, list, work);
  say_unless_judged(request, whole_site(request).plausibility, session);
  save_run(request, work);
  const pipeline::Chain chain = stages::apply_chain(session.options());
  const auto result = session.run("apply", chain, cohort_with_site(list, request), 0.02, 1.0);
  return finish(told, session, list, chain, result, {}, summary);
}

int run_harmonize(const Request& request, const fs::path& work, std::stop_token stop,
                  const Gathering& gathering, std::string* summary) {
  check_again(request, gathering);
  Session session(work, request.out, request.out / "run.jsonl", request.settings, std::move(stop));
  session.gather(gathering);
  const io::ScanList list = session.find(request.scans, request.only, "harmonize");
  check_scans(request, request.scans, list, work);
  save_run(request, work);
  const Learned reference = reference_of(request, session);
  say_unless_judged(request, domain::load_reference(reference.file).plausibility, session);
  const pipeline::Chain chain = stages::harmonize_chain(session.options());
  const auto result = session.run("harmonize", chain,
                                  cohort_with_reference(list, request.settings, reference.file), 0.4, 1.0);
  return finish(request, session, list, chain, result, reference, summary);
}

int run_bids_participant(const Request& request, const fs::path& work, bool reports_only,
                         std::stop_token stop) {
  check_request(request);
  if (reports_only) require_computed(request, work, stop);
  Request told = request;
  if (!request.site.empty()) told.settings["method"] = domain::name(domain::load_site(request.site).method);
  Session session(work, request.out, request.out / "run.jsonl", request.settings, std::move(stop));
  const io::ScanList all = session.find(request.scans);
  check_scans(request, request.scans, all, work);
  const io::ScanList list = io::select_scans(all, request.only);
  if (list.scans.empty()) {
    throw core::Error(core::ErrorKind::Input, "no scan of those asked for can be harmonized; for example " +
                                                  list.set_aside.front().name + ": " +
                                                  list.set_aside.front().reason);
  }
  if (!request.only.empty()) {
    session.say(std::to_string(list.scans.size()) + " of them asked for" +
                (request.site.empty() ? "; the map of a site is fitted on all of its scans" : ""));
  }
  save_run(request, work);
  if (!request.site.empty()) {
    const pipeline::Chain chain = stages::apply_chain(session.options());
    const auto result = session.run("apply", chain, cohort_with_site(list, request), 0.02, 1.0);
    return finish(told, session, list, chain, result, {});
  }
  const Learned reference = reference_of(request, session);
  const pipeline::Chain chain = stages::harmonize_chain(session.options());
  const auto result =
      session.run("harmonize", chain, learning_cohort(all, list, request.settings, reference.file), 0.4, 1.0);
  return finish(told, session, list, chain, result, reference);
}

}  // namespace isoscan::app
