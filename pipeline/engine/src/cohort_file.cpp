#include "isoscan/engine/cohort_file.hpp"

#include <algorithm>

#include <boost/filesystem.hpp>

namespace isoscan::pipeline {

namespace fs = boost::filesystem;
using config::Json;

namespace {

fs::path plain(const fs::path& path) {
  return fs::absolute(path).lexically_normal();
}

std::string kept(const fs::path& file, const fs::path& work) {
  const fs::path whole = plain(file);
  const bool below = std::mismatch(work.begin(), work.end(), whole.begin(), whole.end()).first == work.end();
  return (below ? whole.lexically_relative(work) : whole).string();
}

Json to_json(const std::map<std::string, Source>& sources, const fs::path& work) {
  Json json{Json::Object{}};
  for (const auto& [port, source] : sources) {
    Json files{Json::Array{}};
    for (const auto& file : source.files) files.push_back(kept(file, work));
    json[port] = Json::Object{{"files", files}, {"text", source.text}};
  }
  return json;
}

std::map<std::string, Source> sources_from(const Json& json, const fs::path& work) {
  std::map<std::string, Source> sources;
  for (const auto& [port, source] : json.members()) {
    Source& made = sources[port];
    for (const Json& file : source.at("files").items())
      made.files.push_back(fs::absolute(file.as_string(), work));
    made.text = source.at("text").as_string();
  }
  return sources;
}

}  // namespace

Json to_json(const Cohort& cohort, const fs::path& work) {
  const fs::path folder = plain(work);
  Json units{Json::Array{}};
  for (const Unit& unit : cohort.units) {
    Json one(Json::Object{{"id", unit.id}, {"site", unit.site}, {"sources", to_json(unit.sources, folder)}});
    if (!unit.last_stage.empty()) one["last_stage"] = unit.last_stage;
    units.push_back(std::move(one));
  }
  return Json::Object{{"units", units}, {"shared", to_json(cohort.shared, folder)}};
}

Cohort cohort_from(const Json& json, const fs::path& work) {
  const fs::path folder = plain(work);
  Cohort cohort;
  for (const Json& one : json.at("units").items()) {
    Unit unit{one.at("id").as_string(), one.at("site").as_string(), sources_from(one.at("sources"), folder)};
    if (const Json* last = one.find("last_stage")) unit.last_stage = last->as_string();
    cohort.units.push_back(std::move(unit));
  }
  cohort.shared = sources_from(json.at("shared"), folder);
  return cohort;
}

}  // namespace isoscan::pipeline
