#include "scan_values.hpp"

#include "isoscan/preprocess/resample.hpp"

namespace isoscan::stages {

using config::Json;

preprocess::Prepared with_image(const preprocess::Prepared& prepared, const core::Volume& native,
                                double white_matter, double spacing_mm, const core::Context& context) {
  preprocess::Prepared out = prepared;
  out.image = preprocess::to_working_grid(native, spacing_mm, context);
  for (float& v : out.image.voxels) v = static_cast<float>(v / white_matter);
  return out;
}

Json to_json(const std::vector<LevelValues>& levels) {
  Json::Array list;
  for (const LevelValues& level : levels) {
    Json::Object values;
    for (const auto& [name, value] : level.values) values[name] = value;
    list.emplace_back(Json::Object{{"spacing_mm", level.spacing_mm}, {"values", Json(std::move(values))}});
  }
  return Json(std::move(list));
}

std::vector<LevelValues> level_values_of(const Json& json) {
  std::vector<LevelValues> levels;
  for (const Json& each : json.items()) {
    LevelValues level;
    level.spacing_mm = each.at("spacing_mm").as_number();
    for (const auto& [name, value] : each.at("values").members()) level.values[name] = value.as_number();
    levels.push_back(std::move(level));
  }
  return levels;
}

}  // namespace isoscan::stages
