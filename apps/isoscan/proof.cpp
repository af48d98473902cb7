#include "proof.hpp"

#include <CLI/CLI.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/partials.hpp"
#include "isoscan/engine/cohort_file.hpp"
#include "isoscan/engine/proof.hpp"

#include "places.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

constexpr const char* kOutputs = "outputs";

void forget(const fs::path& work, const std::string& name) {
  boost::system::error_code ignored;
  for (const char* extension : {".txt", ".json"}) fs::remove(work / kOutputs / (name + extension), ignored);
  fs::remove_all(work / kCohorts / name, ignored);
}

}  // namespace

void keep_cohort(const fs::path& folder, const fs::path& work, const std::string& chain,
                 const pipeline::Cohort& cohort) {
  const fs::path file = folder / (pipeline::file_name_of(chain) + ".json");
  core::write_if_changed(file, pipeline::to_json(cohort, work).dump() + "\n", core::Readers::Owner);
}

std::map<std::string, pipeline::Cohort> kept_cohorts(const fs::path& folder, const fs::path& work) {
  std::map<std::string, pipeline::Cohort> cohorts;
  boost::system::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (core::is_partial(at->path())) continue;
    try {
      cohorts[at->path().stem().string()] = pipeline::cohort_from(config::read_json(at->path()), work);
    } catch (const core::Error&) {
      // Of another version: its inputs count as unchecked.
    }
  }
  return cohorts;
}

fs::path cohorts_of(const fs::path& work, const fs::path& out) {
  const fs::path own = work / kCohorts / place_name(work, out);
  boost::system::error_code error;
  // Earlier versions named it by where the output lay.
  for (const fs::path& folder : {own, work / kCohorts / place_name({}, out)}) {
    if (fs::is_directory(folder, error)) return folder;
  }
  std::vector<fs::path> others;
  bool earlier = false;  // runs of earlier versions kept those of the last run without a folder of its own
  for (fs::directory_iterator at(work / kCohorts, error), end; !error && at != end; at.increment(error)) {
    if (fs::is_directory(at->path())) others.push_back(at->path());
    earlier = earlier || at->path().extension() == ".json";
  }
  if (others.empty() && earlier) return work / kCohorts;
  return others.size() == 1 ? others.front() : own;
}

std::vector<fs::path> outputs_of(const fs::path& work) {
  std::vector<fs::path> outputs;
  boost::system::error_code error;
  for (fs::directory_iterator at(work / kOutputs, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".txt")
      outputs.push_back(fs::absolute(core::read_file(at->path()), place_of(work)).lexically_normal());
  }
  return outputs;
}

void forget_output(const fs::path& work, const fs::path& out) {
  for (const std::string& name : {place_name(work, out), place_name({}, out)}) forget(work, name);
}

void write_proof(const fs::path& out, const pipeline::Store& store, const fs::path& sign_key) {
  const auto warnings = [&](const std::string& unit) {
    std::vector<std::string> texts;
    const fs::path file = out / "status" / (pipeline::file_name_of(unit) + ".json");
    if (!fs::is_regular_file(file)) return texts;
    const Json status = config::read_json(file);
    if (const Json* all = status.find("warnings")) {
      for (const Json& text : all->items()) texts.push_back(text.as_string());
    }
    return texts;
  };
  // Runs of earlier versions named each output by its whole path.
  const std::string name = place_name(store.root(), out);
  if (const std::string earlier = place_name({}, out); earlier != name) forget(store.root(), earlier);
  core::write_if_changed(store.root() / kOutputs / (name + ".txt"), place_seen_from(store.root(), out),
                         core::Readers::Owner);
  pipeline::write_proof(out, store, warnings, sign_key);
}

bool is_work_folder(const fs::path& folder) {
  boost::system::error_code error;
  return fs::is_regular_file(folder / "source-digests.txt", error) ||
         fs::is_directory(folder / kCohorts, error);
}

void add_run_place(CLI::App& command, std::string& out, std::string& work) {
  command.add_option("OUT", out, "Output folder of a run")->required();
  command.add_option("--work", work, "Its folder of intermediate results (default: OUT/.isoscan)");
}

fs::path work_of(const std::string& asked, const fs::path& out) {
  if (!asked.empty()) return asked;
  return fs::exists(out / ".isoscan") ? out / ".isoscan" : out;
}

}  // namespace isoscan::app
