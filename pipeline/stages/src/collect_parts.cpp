#include "isoscan/stages/collect_parts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/partials.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/report/report_folder.hpp"
#include "isoscan/stages/dataset_files.hpp"

#include "page_record.hpp"
#include "part.hpp"

namespace isoscan::stages {

namespace fs = boost::filesystem;
using config::Json;

namespace {

fs::path part_file(const fs::path& out, const std::string& scan) {
  return out / "parts" / (pipeline::file_name_of(scan) + ".json");
}

class Parts {
 public:
  explicit Parts(const PartsCollection& what) : what_(what) {}

  PartsTally run() {
    core::remove_dead_partials(what_.out);
    for (const io::ScanSource& scan : what_.list.scans) take(scan);
    if (parts_.empty()) {
      throw core::Error(core::ErrorKind::Input,
                        what_.out.string() +
                            ": holds nothing that a participant job made of these scans; run the level "
                            "participant first");
    }
    for (const io::SetAside& input : what_.list.set_aside) take(public_input(input, what_.pseudonym_key));
    for (const io::SetAside& input : parts_.front().lost) take(input);
    std::string conflict;
    std::vector<Json> chains;
    for (const Part& part : parts_) chains.insert(chains.end(), part.chains.begin(), part.chains.end());
    chains = merged(chains, conflict);
    if (!conflict.empty()) {
      warnings_.push_back("jobs do not agree on what was done for " + conflict +
                          ": they saw different scans; run the level participant again for all");
    }
    if (std::string left = left_over(what_.out, what_.list.scans); !left.empty()) warnings_.push_back(left);
    written(write_reports(what_.out, report::run_files(page())));
    written(write_dataset_files(what_.out, what_.source));
    written(write_participants(what_.out, sites_of(what_.list.scans)));
    std::vector<pipeline::OutputFile> outputs;
    for (auto& [path, output] : outputs_) outputs.push_back(output);
    const Json manifest = pipeline::manifest(parts_.front().settings, chains, outputs);
    core::write_if_changed(what_.out / "manifest.json", manifest.dump_pretty());
    for (const std::string& warning : warnings_)
      sum_.tally.warning += (sum_.tally.warning.empty() ? "" : "; ") + warning;
    return sum_;
  }

 private:
  void written(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) outputs_[path] = pipeline::output_file(what_.out, path);
  }

  void take(const io::ScanSource& scan) {
    const std::string id = scan.id();
    const fs::path file = part_file(what_.out, id);
    if (!fs::is_regular_file(file)) {
      sum_.missing.push_back(id);
      set_aside_.push_back({id, "missing: no participant job has finished it", true});
      return;
    }
    Part part;
    try {
      part = part_of(config::read_json(file, core::ErrorKind::Input));
    } catch (const core::Error& error) {
      throw core::Error(core::ErrorKind::Input,
                        file.string() + ": " + error.what() + "; run the level participant again for " + id);
    }
    if (!parts_.empty() && part.settings != parts_.front().settings) {
      throw core::Error(core::ErrorKind::Input,
                        "participant jobs were run with different options: " + parts_.front().scan + " and " +
                            id + "; run them with the same ones");
    }
    for (const pipeline::OutputFile& output : part.outputs) {
      // What lies there now is what the manifest is about: a file that somebody removed is said.
      if (fs::is_regular_file(what_.out / output.path) &&
          pipeline::output_file(what_.out, output.path).sha256 == output.sha256) {
        outputs_[output.path] = output;
      } else {
        warnings_.push_back(output.path + " is not there as it was made; run the level participant again");
      }
    }
    const Json status = config::read_json(what_.out / "status" / (pipeline::file_name_of(id) + ".json"),
                                          config::Schema::Status);
    const std::string state = status.at("state").as_string();
    const bool refused = state == "refused";
    if (refused || state == "failed") {
      ++(refused ? sum_.tally.refused : sum_.tally.failed);
    } else {
      ++(state == "passed-through" ? sum_.tally.passed : sum_.tally.harmonized);
    }
    scans_.push_back(report::read_facts(what_.out / "reports", id));
    parts_.push_back(std::move(part));
  }

  void take(io::SetAside input) {
    ++(input.broken ? sum_.tally.broken : sum_.tally.set_aside);
    const std::string plain = input.name;
    for (int n = 2; !names_.insert(input.name).second; ++n) input.name = plain + "-" + std::to_string(n);
    write_input_status(what_.out, input);
    written({"status/" + pipeline::file_name_of(input.name) + ".json"});
    set_aside_.push_back(input);
  }

  [[nodiscard]] report::RunReport page() const {
    report::RunReport run = run_of(what_.out / "reports", scans_);
    run.title = "Isoscan: harmonization run";
    const Part& first = parts_.front();
    run.method = first.settings.at("method").as_string();
    run.command = first.command;
    run.version = pipeline::program_version();
    run.facts = {{"Scans", std::to_string(what_.list.scans.size())}, {"Result", sum_.tally.text()}};
    if (!sum_.missing.empty()) {
      std::string names;
      for (const std::string& id : sum_.missing) names += (names.empty() ? "" : ", ") + id;
      run.facts.emplace_back("Missing", std::to_string(sum_.missing.size()) + ": " + names);
    }
    for (const std::string& warning : first.warnings) run.facts.emplace_back("Warning", warning);
    for (const std::string& warning : warnings_) run.facts.emplace_back("Warning", warning);
    for (const io::SetAside& input : set_aside_)
      run.set_aside.push_back({input.name, input.reason, input.broken});
    return run;
  }

  const PartsCollection& what_;
  std::vector<Part> parts_;
  std::map<std::string, pipeline::OutputFile> outputs_;  // by path
  std::vector<report::ScanReport> scans_;
  std::vector<io::SetAside> set_aside_;
  std::set<std::string> names_;
  std::vector<std::string> warnings_;
  PartsTally sum_;
};

}  // namespace

PartsTally collect_parts(const PartsCollection& what) {
  return Parts(what).run();
}

std::vector<std::string> without_part(const fs::path& out, const io::ScanList& list) {
  std::vector<std::string> missing;
  for (const io::ScanSource& scan : list.scans) {
    if (!fs::is_regular_file(part_file(out, scan.id()))) missing.push_back(scan.id());
  }
  return missing;
}

}  // namespace isoscan::stages
