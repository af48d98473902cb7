#include <set>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/signature.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/engine/proof.hpp"

#include "proof_files.hpp"
#include "record.hpp"
#include "system.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;
using config::Json;

namespace {

/// Records by stage of the provenance file that is there; empty where none can be read.
std::map<std::string, Json> known_records(const fs::path& file) {
  std::map<std::string, Json> records;
  boost::system::error_code error;
  if (!fs::is_regular_file(file, error)) return records;
  try {
    const Json json = config::read_json(file);
    for (const Json& record : json.at("records").items()) records[record.at("stage").as_string()] = record;
  } catch (const core::Error&) {
  }
  return records;
}

class Writer {
 public:
  Writer(const fs::path& out, const Store& store, const WarningsOf& warnings_of)
      : out_(out),
        store_(store),
        warnings_of_(warnings_of),
        manifest_(config::read_json(out / "manifest.json", config::Schema::Manifest, core::ErrorKind::Input)),
        outputs_(outputs_by_unit(manifest_)) {}

  /// @returns digests of the files by name
  Json write_records() {
    Json digests{Json::Object{}};
    const auto& chains = manifest_.at("chains").items();
    for (const Json& chain : chains) {
      const std::string& name = chain.at("name").as_string();
      std::map<std::string, std::vector<const Json*>> steps;
      for (const Json& step : chain.at("steps").items()) steps[step.at("unit").as_string()].push_back(&step);
      for (const auto& [unit, of_unit] : steps) {
        const std::string file = proof_name(name, unit);
        const std::string text = provenance(name, unit, of_unit, &chain == &chains.back()).dump_pretty();
        core::write_if_changed(out_ / "provenance" / file, text);
        digests[file] = core::sha256(text);
      }
    }
    return digests;
  }

 private:
  Json provenance(const std::string& chain, const std::string& unit, const std::vector<const Json*>& steps,
                  bool last) {
    Json records{Json::Array{}};
    std::optional<std::map<std::string, Json>> known;
    for (const Json* step : steps) {
      const std::string& stage = step->at("stage").as_string();
      const std::string& key = step->at("key").as_string();
      if (const Lookup found = store_.find(stage, key, false); found.record) {
        records.push_back(to_json(*found.record));
        continue;
      }
      if (!known) known = known_records(out_ / "provenance" / proof_name(chain, unit));
      const auto there = known->find(stage);
      if (there != known->end() && there->second.at("key") == step->at("key"))
        records.push_back(there->second);
    }
    Json json(
        Json::Object{{"format", kProvenanceFormat}, {"chain", chain}, {"unit", unit}, {"records", records}});
    // Files of OUT belong to the chain that made them: the last one.
    const auto outputs = outputs_.find(unit);
    json["outputs"] = last && outputs != outputs_.end() ? outputs->second : Json(Json::Array{});
    json["warnings"] = last && warnings_of_ ? Json::array(warnings_of_(unit)) : Json(Json::Array{});
    return json;
  }

  const fs::path& out_;
  const Store& store_;
  const WarningsOf& warnings_of_;
  Json manifest_;
  std::map<std::string, Json> outputs_;
};

void remove_others(const fs::path& folder, const Json& digests) {
  boost::system::error_code error;
  std::vector<fs::path> others;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().lexically_relative(folder).generic_string();
    const bool record = fs::is_regular_file(at->path()) && name.find('/') != std::string::npos;
    if (record && !digests.contains(name)) others.push_back(at->path());
  }
  for (const fs::path& file : others) fs::remove(file, error);
}

/// The run log as it is now: later lines come behind it. On disk before anything vouches for it: after a
/// power cut a shorter one would look like a forgery.
Json log_so_far(const fs::path& out) {
  const fs::path log = out / "run.jsonl";
  boost::system::error_code error;
  if (!fs::is_regular_file(log, error)) return {};
  sync(log);
  const std::string text = core::read_file(log);
  return Json::Object{{"bytes", text.size()}, {"sha256", core::sha256(text)}};
}

/// Whether the index that is there says the same of all but the log, which grows with every run.
bool says_the_same(const fs::path& file, Json index) {
  boost::system::error_code error;
  if (!fs::is_regular_file(file, error)) return false;
  try {
    Json there = config::read_json(file);
    there.members().erase("log");
    index.members().erase("log");
    return there == index;
  } catch (const core::Error&) {
    return false;
  }
}

void sign(const fs::path& out, const fs::path& key) {
  if (key.empty()) return;
  core::write_if_changed(proof_signature(out), core::sign_ed25519(key, core::read_file(proof_index(out))));
}

}  // namespace

void write_proof(const fs::path& out, const Store& store, const WarningsOf& warnings_of,
                 const fs::path& signing_key) {
  const Json digests = Writer(out, store, warnings_of).write_records();
  remove_others(out / "provenance", digests);
  Json index(Json::Object{{"format", kProofFormat},
                          {"isoscan", program_version()},
                          {"manifest", core::sha256_file(out / "manifest.json")},
                          {"records", digests}});
  if (!says_the_same(proof_index(out), index)) {
    if (Json log = log_so_far(out); !log.is_null()) index["log"] = std::move(log);
    // An old signature beside a new index would look like a forgery.
    boost::system::error_code ignored;
    fs::remove(proof_signature(out), ignored);
    config::write_json(proof_index(out), index);
  }
  sign(out, signing_key);
}

}  // namespace isoscan::pipeline
