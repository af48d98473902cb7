#include "session.hpp"

#include <iostream>
#include <set>
#include <thread>
#include <utility>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/partials.hpp"
#include "isoscan/engine/batch.hpp"
#include "isoscan/stages/scan_unit.hpp"

#include "job.hpp"
#include "places.hpp"
#include "proof.hpp"
#include "request.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

Session::Session(fs::path work, fs::path out, const fs::path& log_file, config::Json settings,
                 std::stop_token stop)
    : settings_(std::move(settings)),
      options_(stages::run_options(settings_)),
      key_(pseudonym_key(settings_)),
      work_(std::move(work)),
      out_(std::move(out)),
      log_file_(log_file),
      progress_(std::make_shared<pipeline::TerminalProgress>(std::cerr, pipeline::options_for_stderr())) {
  context_.stop = std::move(stop);
  context_.progress = core::Progress(progress_);
  context_.seed = options_.seed;
  context_.threads = cores_of(options_);
}

pipeline::Store& Session::store() {
  if (!store_) {
    store_.emplace(work_);
    store_->remove_stale();
    for (const fs::path& folder : {work_, work_ / "outputs", cohorts_of(work_, out_)})
      core::remove_dead_partials_in(folder);
    log_.emplace(log_file_);
    if (gathering_.log) gathering_.log(*log_);
    for (const std::string& warning : warnings_) log_->write("warning", {{"message", warning}});
  }
  return *store_;
}

int cores_of(const stages::RunOptions& options) {
  if (options.cores > 0) return options.cores;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

config::Json result_settings(const config::Json& settings) {
  config::Json kept = settings;
  for (const char* key : {"cores", "memory_mb", "check_outputs"}) kept.members().erase(key);
  if (const config::Json* key = kept.find("pseudonym_key"); key != nullptr) {
    if (key->as_string().empty()) {
      kept.members().erase("pseudonym_key");
    } else {
      kept["pseudonym_key"] = "given";
    }
  }
  return kept;
}

io::ScanList Session::find(const fs::path& scans, const io::ScanFilter& only, const std::string& chain) {
  io::FindOptions options;
  options.pseudonym_key = key_;
  options.read = read_choices(settings_);
  options.only = only;
  const auto planned = gathering_.planned.find(chain);
  const bool gathers = planned != gathering_.planned.end();
  io::ScanList list;
  try {
    list = list_scans(scans, options, context_.slice(0.0, 0.02, "looking for scans"),
                      [this](const std::string& line) { say(line); });
  } catch (const core::Error& error) {
    if (!gathers || error.kind() == core::ErrorKind::Cancelled) throw;
    throw Lost(error, "survey", kGone);
  }
  if (gathers) {
    std::set<std::string> wanted;
    for (const pipeline::Unit& unit : planned->second.units) wanted.insert(unit.id);
    std::set<std::string> there;
    const auto late = std::erase_if(list.scans, [&](const io::ScanSource& scan) {
      const std::string id = stages::unit_of(scan).id;
      there.insert(id);
      return wanted.count(id) == 0;
    });
    for (const pipeline::Unit& unit : planned->second.units) {
      if (there.count(unit.id) > 0) continue;
      gone_[chain].push_back(unit);
      say(unit.id + ": " + kGone);
    }
    if (list.scans.empty())
      throw Lost(core::Error(core::ErrorKind::Io, scans.string() + ": all scans of the batch are gone"),
                 "survey", kGone);
    if (late > 0) {
      say(std::to_string(late) + (late == 1 ? " scan" : " scans") +
          " came after the batch had started: the next run takes them");
    }
  }
  for (const std::string& warning : list.warnings) {
    if (log_) log_->write("warning", {{"message", warning}});
    if (!log_) warnings_.push_back(warning);
  }
  return list;
}

pipeline::RunResult Session::run(const std::string& name, const pipeline::Chain& chain,
                                 const pipeline::Cohort& cohort, double from, double to) {
  pipeline::Store& kept = store();
  pipeline::RunOptions options;
  options.name = name;
  options.memory_mb = options_.memory_mb > 0 ? options_.memory_mb : free_memory_mb();
  options.check_outputs = options_.check_outputs;
  options.log = &*log_;
  options.withhold = gathering_.withhold;
  if (gathering_.withhold && !gone(name).empty()) {
    // What many scans make together was made with those that are gone: it is to be made again.
    options.withhold = [this, &name](const std::string& stage, const std::string& unit) {
      auto words = gathering_.withhold(stage, unit);
      if (words == pipeline::kLostStep)
        words = "the files of " + gone(name).front().id +
                " are gone since the batch was planned, so it is to be made without them; run again";
      return words;
    };
  }
  keep_cohort(work_ / kCohorts / place_name(work_, out_), work_, name, cohort);
  pipeline::RunResult result = pipeline::run(chain, cohort, kept, options, context_.slice(from, to, name));
  progress_->clear();
  ran_ += result.count(pipeline::StepState::Ran);
  reused_ += result.count(pipeline::StepState::Done);
  std::set<std::string>
      said;  // a scan that cannot be read fails in every stage that reads it: once is enough
  for (const pipeline::StepResult& step : result.steps) {
    if (step.failure && said.insert(step.unit).second)
      say(step.unit + ": " + step.stage + ": " + step.failure->message);
  }
  if (result.stopped)
    throw core::Error(core::ErrorKind::Cancelled, "stopped; what is done is kept, run it again to go on");
  return result;
}

void Session::say(const std::string& line) {
  progress_->print(line);
}

std::string Session::work_done() const {
  if (ran_ == 0 && reused_ > 0) {
    return "nothing to do: all " + std::to_string(reused_) +
           " steps were done before with the same inputs, options and program";
  }
  return std::to_string(ran_) + " steps ran, " + std::to_string(reused_) + " were done before";
}

fs::path output_of(const pipeline::RunResult& result, const pipeline::Store& store, const std::string& stage,
                   const std::string& unit, const std::string& port) {
  const pipeline::StepResult* step = result.find(stage, unit);
  if (step == nullptr) throw core::Error(core::ErrorKind::Internal, "no step " + stage + " of " + unit);
  if (step->failure) throw core::Error(step->failure->kind, step->failure->message).within(stage);
  if (step->key.empty()) {
    for (const pipeline::StepResult& other : result.steps) {
      if (other.failure) {
        throw core::Error(other.failure->kind,
                          other.unit + ": " + other.stage + ": " + other.failure->message);
      }
    }
    throw core::Error(core::ErrorKind::Input, stage + " was not reached: " + step->why);
  }
  return store.output(stage, step->key, port);
}

bool put_copy(const fs::path& from, const fs::path& to) {
  return core::write_if_changed(to, core::read_file(from));
}

}  // namespace isoscan::app
