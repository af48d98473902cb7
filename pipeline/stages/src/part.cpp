#include "part.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "isoscan/core/error.hpp"
#include "isoscan/engine/unit.hpp"

namespace isoscan::stages {

using config::Json;

namespace {

constexpr const char* kFormat = "isoscan-part-2";

/// Place of a stage in the chain; what comes first in a manifest.
std::size_t place_of(const Json& chain, const std::string& stage) {
  const Json::Array& stages = chain.at("stages").items();
  const auto found = std::find_if(stages.begin(), stages.end(),
                                  [&](const Json& s) { return s.at("name").as_string() == stage; });
  return static_cast<std::size_t>(found - stages.begin());
}

void sort_steps(const Json& chain, Json::Array& steps) {
  std::stable_sort(steps.begin(), steps.end(), [&](const Json& a, const Json& b) {
    return std::pair(place_of(chain, a.at("stage").as_string()), a.at("unit").as_string()) <
           std::pair(place_of(chain, b.at("stage").as_string()), b.at("unit").as_string());
  });
}

}  // namespace

Json to_json(const Part& part) {
  Json::Array outputs;
  for (const pipeline::OutputFile& output : part.outputs) {
    outputs.emplace_back(Json::Object{{"path", output.path},
                                      {"sha256", output.sha256},
                                      {"stage", output.stage},
                                      {"unit", output.unit},
                                      {"port", output.port}});
  }
  Json::Array lost;
  for (const io::SetAside& input : part.lost)
    lost.emplace_back(Json::Object{{"name", input.name}, {"reason", input.reason}});
  return Json::Object{{"format", kFormat},
                      {"scan", part.scan},
                      {"site", part.site},
                      {"command", part.command},
                      {"config", part.settings},
                      {"warnings", Json::array(part.warnings)},
                      {"chains", Json::array(part.chains)},
                      {"outputs", Json(std::move(outputs))},
                      {"lost", Json(std::move(lost))}};
}

Part part_of(const Json& json) {
  try {
    if (json.at("format").as_string() != kFormat)
      throw core::Error(core::ErrorKind::Input, "of another version");
    Part part;
    part.scan = json.at("scan").as_string();
    part.site = json.at("site").as_string();
    part.command = json.at("command").as_string();
    part.settings = json.at("config");
    for (const Json& warning : json.at("warnings").items()) part.warnings.push_back(warning.as_string());
    part.chains = json.at("chains").items();
    for (const Json& output : json.at("outputs").items()) {
      part.outputs.push_back({output.at("path").as_string(), output.at("sha256").as_string(),
                              output.at("stage").as_string(), output.at("unit").as_string(),
                              output.at("port").as_string()});
    }
    for (const Json& input : json.at("lost").items())
      part.lost.push_back({input.at("name").as_string(), input.at("reason").as_string(), true});
    return part;
  } catch (const core::Error& error) {
    throw core::Error(core::ErrorKind::Input, error.what());
  }
}

Json of_scan(const Json& chain, const std::string& scan, const std::string& site) {
  const std::set<std::string> ours{scan, site, pipeline::kCohortUnit, ""};
  Json kept = chain;
  for (const char* key : {"steps", "failures"}) {
    Json::Array items;
    for (const Json& item : chain.at(key).items()) {
      if (ours.count(item.at("unit").as_string()) > 0) items.push_back(item);
    }
    kept[key] = Json(std::move(items));
  }
  Json::Object inputs;
  for (const auto& [unit, ports] : chain.at("inputs").members()) {
    if (unit.empty() || unit == scan) inputs[unit] = ports;
  }
  kept["inputs"] = Json(std::move(inputs));
  return kept;
}

std::vector<Json> merged(const std::vector<Json>& chains, std::string& conflict) {
  std::map<std::string, std::size_t> place;  // what makes two entries one -> place in `all`
  std::vector<Json> all;
  for (const Json& chain : chains) {
    const std::string same = chain.at("name").dump() + chain.at("seed").dump() + chain.at("stages").dump();
    const auto [found, fresh] = place.try_emplace(same, all.size());
    if (fresh) {
      all.push_back(chain);
      continue;
    }
    Json& sum = all[found->second];
    for (const auto& [unit, ports] : chain.at("inputs").members()) sum["inputs"][unit] = ports;
    for (const char* key : {"steps", "failures"}) {
      Json::Array items = sum.at(key).items();
      for (const Json& item : chain.at(key).items()) {
        if (std::find(items.begin(), items.end(), item) != items.end()) continue;
        const bool other = std::any_of(items.begin(), items.end(), [&](const Json& known) {
          return known.at("stage") == item.at("stage") && known.at("unit") == item.at("unit");
        });
        if (other && conflict.empty()) conflict = item.at("unit").as_string();
        items.push_back(item);
      }
      sum[key] = Json(std::move(items));
    }
  }
  for (Json& chain : all) {
    for (const char* key : {"steps", "failures"}) sort_steps(chain, chain[key].items());
  }
  return all;
}

}  // namespace isoscan::stages
