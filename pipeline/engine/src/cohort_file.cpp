#include "isoscan/engine/cohort_file.hpp"

#include <boost/filesystem.hpp>

namespace isoscan::pipeline {

using config::Json;

namespace {

Json to_json(const std::map<std::string, Source>& sources) {
  Json json{Json::Object{}};
  for (const auto& [port, source] : sources) {
    Json files{Json::Array{}};
    for (const auto& file : source.files)
      files.push_back(boost::filesystem::absolute(file).lexically_normal().string());
    json[port] = Json::Object{{"files", files}, {"text", source.text}};
  }
  return json;
}

std::map<std::string, Source> sources_from(const Json& json) {
  std::map<std::string, Source> sources;
  for (const auto& [port, source] : json.members()) {
    Source& made = sources[port];
    for (const Json& file : source.at("files").items()) made.files.emplace_back(file.as_string());
    made.text = source.at("text").as_string();
  }
  return sources;
}

}  // namespace

Json to_json(const Cohort& cohort) {
  Json units{Json::Array{}};
  for (const Unit& unit : cohort.units) {
    Json one(Json::Object{{"id", unit.id}, {"site", unit.site}, {"sources", to_json(unit.sources)}});
    if (!unit.last_stage.empty()) one["last_stage"] = unit.last_stage;
    units.push_back(std::move(one));
  }
  return Json::Object{{"units", units}, {"shared", to_json(cohort.shared)}};
}

Cohort cohort_from(const Json& json) {
  Cohort cohort;
  for (const Json& one : json.at("units").items()) {
    Unit unit{one.at("id").as_string(), one.at("site").as_string(), sources_from(one.at("sources"))};
    if (const Json* last = one.find("last_stage")) unit.last_stage = last->as_string();
    cohort.units.push_back(std::move(unit));
  }
  cohort.shared = sources_from(json.at("shared"));
  return cohort;
}

}  // namespace isoscan::pipeline
