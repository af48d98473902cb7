#include <algorithm>
#include <optional>
#include <set>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/signature.hpp"
#include "isoscan/engine/proof.hpp"

#include "manifest_index.hpp"
#include "port.hpp"
#include "proof_files.hpp"
#include "proof_records.hpp"
#include "record.hpp"
#include "source_digests.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;
using config::Json;

namespace {

bool is_file(const fs::path& file) {
  boost::system::error_code error;
  return fs::is_regular_file(file, error);
}

class Checker {
 public:
  Checker(const fs::path& out, const Store* store, const std::map<std::string, Cohort>& cohorts,
          const MadeOfRecords& made_of_records)
      : out_(out), store_(store), cohorts_(cohorts), made_of_records_(made_of_records) {}

  Verification run(const fs::path& key) {
    const fs::path manifest = out_ / "manifest.json";
    const bool has_index = is_file(proof_index(out_));
    if (!is_file(manifest) && !has_index) {
      throw core::Error(core::ErrorKind::Input,
                        out_.string() +
                            ": holds neither manifest.json nor provenance/: name the output "
                            "folder of a run that was finished");
    }
    check_signature(key);
    if (!has_index) {
      broken("provenance/index.json", "is missing; any run of the same command writes it again");
    } else if (!read("provenance/index.json", index_)) {
      has_index_ = false;
    } else {
      has_index_ = true;
    }
    if (!is_file(manifest)) {
      broken("manifest.json", "is missing");
      return std::move(found_);
    }
    if (has_index_ && index_.find("manifest") != nullptr &&
        index_.at("manifest") != Json(core::sha256_file(manifest)))
      broken("manifest.json", "was changed: it is not the one that provenance/index.json vouches for");
    Json json;
    if (!read("manifest.json", json)) return std::move(found_);
    try {
      config::validate(json, config::Schema::Manifest, "manifest.json", core::ErrorKind::Input);
    } catch (const core::Error& error) {
      broken("manifest.json", std::string("is no manifest: ") + error.what());
      return std::move(found_);
    }
    manifest_.emplace(json);
    records_.emplace(json, *manifest_,
                     [this](const std::string& link, const std::string& what) { broken(link, what); });
    if (has_index_) check_index();
    found_.records = records_->count();
    found_.unrecorded = records_->missing();
    check_outputs(json);
    check_store();
    check_sources();
    return std::move(found_);
  }

 private:
  void broken(const std::string& link, const std::string& what) { found_.broken.push_back({link, what}); }

  bool read(const std::string& name, Json& json) {
    try {
      json = config::read_json(out_ / name, core::ErrorKind::Input);
      if (json.is_object()) return true;
      broken(name, "is no JSON object");
    } catch (const core::Error& error) {
      broken(name, std::string("cannot be read: ") + error.what());
    }
    return false;
  }

  void check_signature(const fs::path& key) {
    found_.is_signed = is_file(proof_signature(out_));
    if (key.empty()) return;
    if (!found_.is_signed) {
      broken("provenance/index.json.sig", "is missing: nobody vouches for this run");
      return;
    }
    if (!is_file(proof_index(out_))) return;
    found_.signature_checked = core::verify_ed25519(key, core::read_file(proof_index(out_)),
                                                    core::read_file(proof_signature(out_), 4096));
    if (!found_.signature_checked)
      broken("provenance/index.json", "was changed, or signed by another key: its signature does not hold");
  }

  void check_index() {
    try {
      check_log();
      check_provenance_files();
    } catch (const core::Error& error) {
      broken("provenance/index.json", std::string("is no index of a run: ") + error.what());
    }
  }

  void check_log() {
    const Json* log = index_.find("log");
    const fs::path file = out_ / "run.jsonl";
    if (log == nullptr || !log->is_object()) {
      if (is_file(file)) broken("provenance/index.json", "does not vouch for run.jsonl");
      return;
    }
    if (!is_file(file)) {
      broken("run.jsonl", "is missing");
      return;
    }
    const std::string text = core::read_file(file);
    const auto bytes = static_cast<std::size_t>(log->at("bytes").as_integer());
    if (text.size() < bytes)
      broken("run.jsonl", "is shorter than it was at the end of the run: lines were taken away");
    else if (core::sha256(std::string_view(text).substr(0, bytes)) != log->at("sha256").as_string())
      broken("run.jsonl", "was changed: lines of the run are not what they were (it may only grow)");
  }

  void check_provenance_files() {
    const Json* digests = index_.find("records");
    if (digests == nullptr || !digests->is_object()) {
      broken("provenance/index.json", "names no records");
      return;
    }
    std::set<std::string> wanted;
    for (const auto& [chain, unit] : manifest_->units()) wanted.insert(proof_name(chain, unit));
    for (const auto& [name, digest] : digests->members()) {
      const std::string link = "provenance/" + name;
      if (!is_file(out_ / link)) {
        broken(link, "is missing");
        continue;
      }
      if (Json(core::sha256_file(out_ / link)) != digest) broken(link, "was changed after the run");
      if (Json json; read(link, json)) records_->check(name, json);
      wanted.erase(name);
    }
    for (const std::string& name : wanted)
      broken("provenance/" + name, "is not named by provenance/index.json");
    boost::system::error_code error;
    for (fs::recursive_directory_iterator at(out_ / "provenance", error), end; !error && at != end;
         at.increment(error)) {
      const std::string name = at->path().lexically_relative(out_ / "provenance").generic_string();
      if (fs::is_regular_file(at->path()) && name.find('/') != std::string::npos && !digests->contains(name))
        broken("provenance/" + name, "is of no run: provenance/index.json does not name it");
    }
  }

  void check_outputs(const Json& manifest) {
    for (const Json& output : manifest.at("outputs").items()) {
      const std::string& path = output.at("path").as_string();
      const std::string& digest = output.at("sha256").as_string();
      const Json* stage = output.find("stage");
      if (stage != nullptr && !manifest_->made(stage->as_string(), output.at("unit").as_string(),
                                               output.at("port").as_string(), digest))
        broken("manifest.json", path + " is not what the step '" + stage->as_string() + "' made");
      if (!is_file(out_ / path)) {
        broken(path, "is missing");
        continue;
      }
      ++found_.outputs;
      if (core::sha256_file(out_ / path) == digest) continue;
      if (follows_from_records(path)) {
        ++found_.remade;
      } else {
        broken(path, "was changed after the run");
      }
    }
    find_strangers(manifest);
  }

  /// Whether a page that is not as the run made it holds what its records say; whether those are the run's
  /// own is asked of each by its digest.
  [[nodiscard]] bool follows_from_records(const std::string& path) const {
    if (!made_of_records_) return false;
    try {
      const auto bytes = made_of_records_(path);
      return bytes && core::sha256(*bytes) == core::sha256_file(out_ / path);
    } catch (const core::Error&) {
      return false;  // a record that does not read: it is named itself
    }
  }

  /// Files in the folders of a run that the manifest does not name: the next tool might read them.
  void find_strangers(const Json& manifest) {
    std::set<std::string> named;
    for (const Json& output : manifest.at("outputs").items()) named.insert(output.at("path").as_string());
    boost::system::error_code error;
    for (fs::recursive_directory_iterator at(out_, error), end; !error && at != end; at.increment(error)) {
      const std::string path = at->path().lexically_relative(out_).generic_string();
      const bool ours = path.rfind("sub-", 0) == 0 || path.rfind("sites", 0) == 0;
      if (fs::is_directory(at->path())) {
        if (!ours) at.disable_recursion_pending();
      } else if (ours && named.count(path) == 0) {
        found_.strangers.push_back(path);
      }
    }
    std::sort(found_.strangers.begin(), found_.strangers.end());
  }

  void check_store() {
    if (store_ == nullptr) return;
    std::set<std::pair<std::string, std::string>> seen;
    for (const ManifestStep& step : manifest_->steps()) {
      if (!seen.insert({step.stage, step.key}).second) continue;
      const std::string link = "store/" + step.stage + "/" + step.key;
      const Lookup there = store_->find(step.stage, step.key, true);
      if (!there.record) {
        if (there.trouble.empty()) ++found_.gone;
        if (!there.trouble.empty()) broken(link, there.trouble);
        continue;
      }
      ++found_.stored;
      for (const auto& [name, output] : there.record->outputs) {
        const auto expected = step.outputs.find(name);
        if (expected == step.outputs.end() || expected->second != output.sha256)
          broken(link + "/" + name, "holds other bytes than the run made");
      }
      const auto record = records_->records().find({step.stage, step.key});
      if (record != records_->records().end() && record->second != to_json(*there.record))
        broken(link + "/record.json", "was changed: it is not the one that provenance/ holds");
    }
  }

  void check_sources() {
    for (const auto& [chain, units] : manifest_->inputs()) {
      const auto cohort = cohorts_.find(chain);
      for (const auto& [unit, ports] : units) {
        for (const auto& [port, digest] : ports) {
          const Source* source = cohort == cohorts_.end() ? nullptr : source_of(cohort->second, unit, port);
          if (source == nullptr)
            ++found_.unchecked;
          else
            check_source(unit, port, *source, digest);
        }
      }
    }
  }

  static const Source* source_of(const Cohort& cohort, const std::string& unit, const std::string& port) {
    const auto in = [&](const std::map<std::string, Source>& sources) -> const Source* {
      const auto found = sources.find(port_name(port).name);
      return found == sources.end() ? nullptr : &found->second;
    };
    if (unit.empty()) return in(cohort.shared);
    for (const Unit& one : cohort.units) {
      if (one.id == unit) return in(one.sources);
    }
    return nullptr;
  }

  void check_source(const std::string& unit, const std::string& port, const Source& source,
                    const std::string& digest) {
    const std::string link = port + (unit.empty() ? "" : " of " + unit);
    const std::string file = source.files.empty() ? std::string() : source.files.front().string() + ": ";
    for (const fs::path& one : source.files) {
      if (is_file(one)) continue;
      broken(link, one.string() + " is missing");
      return;
    }
    ++found_.sources;
    // Read anew: what a run remembers of a file is no proof.
    if (digest_of(source) != digest) broken(link, file + "was changed after the run");
  }

  const fs::path& out_;
  const Store* store_;
  const std::map<std::string, Cohort>& cohorts_;
  const MadeOfRecords& made_of_records_;
  Verification found_;
  Json index_;
  bool has_index_ = false;
  std::optional<ManifestIndex> manifest_;
  std::optional<RecordCheck> records_;
};

}  // namespace

Verification verify_proof(const fs::path& out, const Store* store,
                          const std::map<std::string, Cohort>& cohorts, const fs::path& key,
                          const MadeOfRecords& made_of_records) {
  return Checker(out, store, cohorts, made_of_records).run(key);
}

}  // namespace isoscan::pipeline
