#include "proof_records.hpp"

#include <algorithm>

#include "isoscan/core/error.hpp"

#include "port.hpp"
#include "proof_files.hpp"

namespace isoscan::pipeline {

using config::Json;

RecordCheck::RecordCheck(const Json& json, const ManifestIndex& manifest, Broken broken)
    : manifest_(manifest), broken_(std::move(broken)), outputs_(outputs_by_unit(json)) {
  const auto& chains = json.at("chains").items();
  if (!chains.empty()) last_chain_ = chains.back().at("name").as_string();
}

void RecordCheck::check(const std::string& name, const Json& file) {
  const std::string link = "provenance/" + name;
  try {
    const std::string& chain = file.at("chain").as_string();
    const std::string& unit = file.at("unit").as_string();
    if (proof_name(chain, unit) != name) {
      broken_(link, "is of another scan, site or cohort: of " + unit + " of '" + chain + "'");
      return;
    }
    const auto named = outputs_.find(unit);
    const Json expected =
        chain == last_chain_ && named != outputs_.end() ? named->second : Json(Json::Array{});
    if (file.at("outputs") != expected) broken_(link, "names other outputs than the manifest");
    for (const Json& one : file.at("records").items()) {
      ++count_;
      check_record(link, chain, unit, record_of(one));
    }
  } catch (const core::Error& error) {
    broken_(link, std::string("is no provenance file: ") + error.what());
  }
}

std::size_t RecordCheck::missing() const {
  std::set<Key> without;
  for (const ManifestStep& step : manifest_.steps()) {
    if (records_.count({step.stage, step.key}) == 0) without.insert({step.stage, step.key});
  }
  return without.size();
}

void RecordCheck::check_record(const std::string& link, const std::string& chain, const std::string& unit,
                               const Record& record) {
  const std::string which = link + " (" + record.parts.stage + ")";
  if (key_of(record.parts) != record.key) {
    broken_(which, "its key does not follow from its inputs, options and versions: the record was changed");
    return;
  }
  const ManifestStep* step = manifest_.step(chain, record.parts.stage, unit);
  if (step == nullptr) {
    broken_(which, "the manifest names no such step");
    return;
  }
  if (step->key != record.key) broken_(which, "the manifest has another key for this step");
  for (const auto& [name, output] : record.outputs) {
    const auto there = step->outputs.find(name);
    if (there == step->outputs.end() || there->second != output.sha256)
      broken_(which, "its output " + name + " is not the one that the manifest names");
  }
  if (record.outputs.size() != step->outputs.size()) broken_(which, "it has not the outputs of the manifest");
  for (const auto& [port, digest] : record.parts.inputs) check_input(which, chain, unit, port, digest);
  records_[{record.parts.stage, record.key}] = to_json(record);
}

/// Each input is a source that the manifest names, or an output of an earlier step.
void RecordCheck::check_input(const std::string& which, const std::string& chain, const std::string& unit,
                              const std::string& port, const Json& digest) {
  if (digest.is_null()) return;
  if (digest.is_array()) {
    for (const Json& item : digest.items())
      check_input(which, chain, item.at("unit").as_string(), port, item.at("sha256"));
    return;
  }
  if (manifest_.explains(chain, unit, port_name(port), digest.as_string())) return;
  broken_(which, "its input " + port + " is neither a source nor an output that the manifest names");
}

}  // namespace isoscan::pipeline
