#include "page_record.hpp"

#include "isoscan/core/files.hpp"

namespace isoscan::stages {

using config::Json;

namespace {

Json optional_number(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

std::optional<double> number_or_nothing(const Json* json) {
  if (json == nullptr || json->is_null()) return std::nullopt;
  return json->as_number();
}

}  // namespace

std::vector<report::MeasureColumn> columns() {
  return {{"Grey / white matter", "", "Contrast of grey to white matter after harmonizing", std::nullopt},
          {"Distance to the reference", "WM", "Between intensity quantiles, after harmonizing", std::nullopt},
          {"Edges kept in place", "", "Correlation of gradients before and after", std::nullopt},
          {"Voxels at the bound", "%", "Share of the brain in which the change was cut", std::nullopt}};
}

Json to_json(const report::Measure& measure) {
  Json json(Json::Object{{"name", measure.name},
                         {"value", optional_number(measure.value)},
                         {"before", optional_number(measure.before)},
                         {"unit", measure.unit},
                         {"explanation", measure.explanation},
                         {"not_applicable", measure.not_applicable}});
  if (measure.reference)
    json["reference"] = Json(Json::Array{measure.reference->low, measure.reference->high});
  return json;
}

report::Measure measure_of(const Json& json) {
  report::Measure measure;
  measure.name = json.at("name").as_string();
  measure.value = number_or_nothing(json.find("value"));
  measure.before = number_or_nothing(json.find("before"));
  measure.unit = json.at("unit").as_string();
  measure.explanation = json.at("explanation").as_string();
  measure.not_applicable = json.at("not_applicable").as_string();
  if (const Json* range = json.find("reference")) {
    measure.reference = report::Range{range->items().at(0).as_number(), range->items().at(1).as_number()};
  }
  return measure;
}

Json row_json(const report::RunRow& row) {
  Json::Array measures;
  for (const auto& value : row.measures) measures.push_back(optional_number(value));
  return Json(Json::Object{{"passed_through", row.verdict == report::Verdict::PassedThrough},
                           {"reason", row.reason},
                           {"warnings", static_cast<std::int64_t>(row.warnings)},
                           {"measures", Json(std::move(measures))}});
}

report::RunRow row_of(const Json& json, const boost::filesystem::path& thumbnail_png, const std::string& id,
                      const std::string& site, const std::string& page) {
  report::RunRow row;
  row.id = id;
  row.site = site;
  row.verdict =
      json.at("passed_through").as_bool() ? report::Verdict::PassedThrough : report::Verdict::Harmonized;
  row.reason = json.at("reason").as_string();
  row.warnings = static_cast<std::size_t>(json.at("warnings").as_integer());
  for (const Json& value : json.at("measures").items()) row.measures.push_back(number_or_nothing(&value));
  row.thumbnail_png = core::read_file(thumbnail_png);
  row.page = page;
  return row;
}

}  // namespace isoscan::stages
