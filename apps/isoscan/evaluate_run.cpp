#include "evaluate_run.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>

#include <boost/algorithm/string/replace.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/evaluate/page.hpp"
#include "isoscan/io/brain_mask.hpp"
#include "isoscan/report/outcome_report.hpp"
#include "isoscan/stages/collect.hpp"

#include "request.hpp"
#include "session.hpp"
#include "typed_command.hpp"

namespace isoscan::app {

namespace {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

bool is_rows(const config::Json& json) {
  if (!json.is_array()) return false;
  for (const config::Json& row : json.items()) {
    if (!row.is_object() || !row.contains("test") || !row.contains("metric")) return false;
  }
  return true;
}

bool is_details(const config::Json& json) {
  return json.is_object() && json.contains("rows") && json.contains("settings");
}

/// A table goes to a new file, or over an earlier table: never over a sidecar or a scan.
void require_table(const std::string& file, const char* flag, bool (*ours)(const config::Json&)) {
  if (file.empty() || !fs::exists(file)) return;
  try {
    const config::Json json = config::read_json(file, ErrorKind::Input);
    if (ours(json)) return;
  } catch (const Error&) {
    // Whatever it is, it is no table of ours.
  }
  throw Error(ErrorKind::Config,
              std::string(flag) + " " + file +
                  ": is there already and is no table of this command; choose another name");
}

void require_tsv(const std::string& file) {
  if (file.empty() || !fs::exists(file)) return;
  if (fs::is_regular_file(file) && core::read_file(file).starts_with("test\tscanner\tk\t")) return;
  throw Error(ErrorKind::Config,
              "--tsv " + file + ": is there already and is no table of this command; choose another name");
}

/// A page goes to a new file, or over an earlier page; not where a table of this run goes.
void require_page(const EvaluateFlags& flags) {
  if (flags.page.empty()) return;
  const std::string what = "--page " + flags.page + ": ";
  for (const auto& [flag, file] :
       {std::pair{"--json", &flags.json}, {"--tsv", &flags.tsv}, {"--details", &flags.details}}) {
    if (!file->empty() &&
        fs::weakly_canonical(fs::absolute(*file)) == fs::weakly_canonical(fs::absolute(flags.page)))
      throw Error(ErrorKind::Config, what + "is the file of " + flag + " too; give another name");
  }
  if (!fs::exists(flags.page)) return;
  if (fs::is_regular_file(flags.page) && report::is_outcome_page(core::read_file(flags.page))) return;
  throw Error(ErrorKind::Config,
              what + "is there already and is no page of this command; choose another name");
}

/// "2026-12-01", UTC.
std::string today() {
  const std::chrono::year_month_day day{
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())};
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text.data();
}

/// Reasons in files name a scan, not the way to it.
std::string without_way(std::string reason, const io::ScanSource& scan) {
  for (const fs::path& file : scan.files) {
    boost::replace_all(reason, file.parent_path().string() + "/", "");
  }
  return reason;
}

}  // namespace

void EvaluateFlags::add_to(CLI::App& to) {
  command = &to;
  to.add_option("--json", json,
                "Also write the table here, one object a method and metric (docs/evaluate.md)");
  to.add_option("--tsv", tsv, "The same as tab-separated text");
  to.add_option("--details", details,
                "JSON of the whole experiment: settings, everybody left out, all values");
  to.add_option("--page", page,
                "HTML page with figures: which method to trust, for what, and where not; one file, offline");
  run.add_to(to);
}

phantom::VirtualScanner scanner_of(const std::string& name) {
  if (fs::path(name).extension() == ".json") {
    try {
      return phantom::scanner_from_json(core::read_file(name));
    } catch (const Error& error) {
      throw error.within(name);
    }
  }
  return phantom::preset(name);
}

evaluate::Person person_of(const io::ScanSource& scan) {
  evaluate::Person person;
  person.id = scan.id();
  person.load = [scan] { return io::read_scan(scan).volume; };
  if (scan.brain_mask) {
    person.load_brain = [mask = *scan.brain_mask](const core::Grid& grid) -> std::optional<core::Mask> {
      return io::read_brain_mask(mask, grid);
    };
  }
  if (const auto role = scan.covariates.find("role");
      role != scan.covariates.end() && !role->second.empty()) {
    person.role = evaluate::role_named(role->second);
  }
  return person;
}

std::vector<evaluate::Person> people_of(const io::ScanList& list) {
  std::vector<evaluate::Person> people;
  for (const io::ScanSource& scan : list.scans) people.push_back(person_of(scan));
  return people;
}

namespace {

constexpr const char* kAll = "";  // where no method is named all are judged, and --steps is for each

}  // namespace

EvaluateRun::EvaluateRun(const EvaluateFlags& flags, std::stop_token stop)
    : flags_(flags),
      progress_(std::make_shared<pipeline::TerminalProgress>(std::cerr, pipeline::options_for_stderr())) {
  const config::Json settings = flags.run.settings(kAll);
  run_ = stages::run_options(settings);
  context_.stop = std::move(stop);
  context_.progress = core::Progress(progress_);
  context_.seed = run_.seed;
  context_.threads = cores_of(run_);
  require_table(flags.json, "--json", is_rows);
  require_table(flags.details, "--details", is_details);
  require_tsv(flags.tsv);
  require_page(flags);
  // Options of a run that mean nothing here are mistakes, not words to be passed over.
  const config::Json given = flags.run.given(kAll);
  for (const char* key : {"bound", "intensity_scale", "uncertainty", "plausibility", "memory_mb",
                          "check_outputs", "shared_restorer"}) {
    if (given.contains(key)) {
      throw Error(ErrorKind::Config,
                  flags.run.config_file + ": `isoscan evaluate` has no use for '" + key + "'; leave it out");
    }
  }
  if (const config::Json* restore = given.find("restore"); restore != nullptr && restore->contains("rung") &&
                                                           restore->at("rung") != config::Json("per-site") &&
                                                           restore->at("rung") != config::Json("averaged"))
    throw Error(ErrorKind::Config, flags.run.config_file +
                                       ": `isoscan evaluate` judges restorers of a site's own; leave "
                                       "'restore.rung' out");
  method_given_ = given.contains("method");
  wanted_.pseudonym_key = pseudonym_key(settings);
  wanted_.read = read_choices(settings);
}

core::Context EvaluateRun::context(double from, double to, const std::string& label) const {
  return context_.slice(from, to, label);
}

io::ScanList EvaluateRun::list(const std::string& scans, double from, double to) {
  lists_.push_back(list_scans(scans, wanted_, context(from, to, "looking for scans"),
                              [this](const std::string& line) { progress_->print(line); }));
  return lists_.back();
}

std::vector<domain::Method> EvaluateRun::methods() const {
  if (!method_given_) return {domain::kMethods.begin(), domain::kMethods.end()};
  std::vector<domain::Method> methods{domain::Method::TwoPassHistogramMatch};
  if (run_.method != methods.front()) methods.push_back(run_.method);
  return methods;
}

int EvaluateRun::finish(evaluate::OutcomeTable table) {
  progress_->clear();
  for (evaluate::LeftOut& who : table.left_out) {
    progress_->print("broken: " + who.id + ": " + who.reason);
    for (const io::ScanList& list : lists_) {
      for (const io::ScanSource& scan : list.scans) who.reason = without_way(who.reason, scan);
    }
  }
  for (const io::ScanList& list : lists_) {
    for (const io::SetAside& input : list.set_aside) {
      const io::SetAside shown = stages::public_input(input, wanted_.pseudonym_key);
      if (input.broken) table.left_out.push_back({shown.name, shown.reason});
    }
  }
  if (const char* kernel = std::getenv("OPENBLAS_CORETYPE"); kernel != nullptr)
    table.settings["blas_kernel"] = config::Json(kernel).dump();
  std::cout << evaluate::to_text(table);
  if (!flags_.json.empty()) core::write_file(flags_.json, evaluate::to_json_rows(table));
  if (!flags_.tsv.empty()) core::write_file(flags_.tsv, evaluate::to_tsv(table));
  if (!flags_.details.empty()) core::write_file(flags_.details, evaluate::to_json(table));
  if (!flags_.page.empty()) {
    const evaluate::PageFacts facts{typed_command(*flags_.command, table.seed), today()};
    core::write_file(flags_.page, report::outcome_page(evaluate::outcome_report(table, facts)));
  }
  if (table.left_out.empty()) return 0;
  progress_->print(std::to_string(table.left_out.size()) +
                   (table.left_out.size() == 1 ? " input was" : " inputs were") +
                   " broken and left out; the table is of the rest");
  constexpr int kSomeFailed = 8;
  return kSomeFailed;
}

}  // namespace isoscan::app
