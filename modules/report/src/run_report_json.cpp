#include "isoscan/config/schema.hpp"
#include "isoscan/report/run_report.hpp"

#include "json_fields.hpp"
#include "report_places.hpp"

namespace isoscan::report {

using config::Json;

namespace {

constexpr const char* kFormat = "isoscan-run-report-";

Json values_json(const std::vector<std::optional<double>>& values) {
  Json::Array list;
  for (const auto& value : values) list.push_back(optional_json(value));
  return Json(std::move(list));
}

std::vector<std::optional<double>> values_of(const Json& json) {
  std::vector<std::optional<double>> values;
  for (const Json& value : json.items())
    values.push_back(value.is_null() ? std::nullopt : std::optional(value.as_number()));
  return values;
}

Json column_json(const MeasureColumn& column) {
  Json json(Json::Object{{"name", column.name},
                         {"unit", column.unit},
                         {"explanation", column.explanation},
                         {"direction", name(column.direction)},
                         {"in_table", column.in_table},
                         {"reference", range_json(column.reference)},
                         {"reference_mean", optional_json(column.reference_mean)},
                         {"reference_sd", optional_json(column.reference_sd)}});
  if (column.cannot_change) json["cannot_change"] = true;
  return json;
}

MeasureColumn column_of(const Json& json) {
  MeasureColumn column;
  column.name = json.at("name").as_string();
  column.unit = json.at("unit").as_string();
  column.explanation = json.at("explanation").as_string();
  column.direction = direction_named(json.at("direction").as_string());
  column.in_table = json.at("in_table").as_bool();
  column.reference = optional_range(json, "reference");
  column.reference_mean = optional_number(json, "reference_mean");
  column.reference_sd = optional_number(json, "reference_sd");
  if (const Json* kept = json.find("cannot_change"); kept != nullptr) column.cannot_change = kept->as_bool();
  return column;
}

Json references_json(const std::vector<SiteReference>& references) {
  Json::Array list;
  for (const SiteReference& each : references) {
    list.emplace_back(Json::Object{{"range", range_json(each.range)},
                                   {"mean", optional_json(each.mean)},
                                   {"sd", optional_json(each.sd)},
                                   {"people", each.people}});
  }
  return Json(std::move(list));
}

std::vector<SiteReference> references_of(const Json& json) {
  std::vector<SiteReference> references;
  for (const Json& each : json.items())
    references.push_back({optional_range(each, "range"), optional_number(each, "mean"),
                          optional_number(each, "sd"), static_cast<int>(each.at("people").as_integer())});
  return references;
}

Json row_json(const RunRow& row) {
  return Json(Json::Object{{"scan", row.id},
                           {"site", row.site},
                           {"verdict", name(row.verdict)},
                           {"reason", row.reason},
                           {"warnings", static_cast<std::int64_t>(row.warnings)},
                           {"values", values_json(row.measures)},
                           {"before", values_json(row.before)},
                           {"output_sha256", row.output_sha256},
                           {"thumbnail", !row.thumbnail.empty()}});
}

RunRow row_of(const Json& json) {
  RunRow row;
  row.id = json.at("scan").as_string();
  row.site = json.at("site").as_string();
  row.verdict = verdict_named(json.at("verdict").as_string());
  row.reason = json.at("reason").as_string();
  row.warnings = static_cast<std::size_t>(json.at("warnings").as_integer());
  row.measures = values_of(json.at("values"));
  row.before = values_of(json.at("before"));
  row.output_sha256 = json.at("output_sha256").as_string();
  row.thumbnail = json.at("thumbnail").as_bool() ? thumbnail_place(row.id) : std::string();
  row.page = page_place(row.id);
  return row;
}

}  // namespace

Json to_json(const RunReport& report) {
  Json::Array columns;
  for (const MeasureColumn& column : report.columns) columns.push_back(column_json(column));
  Json::Array scans;
  for (const RunRow& row : report.rows) scans.push_back(row_json(row));
  Json::Array sites;
  for (const SiteFit& site : report.sites) {
    sites.emplace_back(Json::Object{{"site", site.site},
                                    {"scans", site.scans},
                                    {"reference_scans", site.reference_scans},
                                    {"learnt_here", site.learnt_here},
                                    {"fitted", values_json(site.fitted)},
                                    {"fitted_sd", values_json(site.fitted_sd)},
                                    {"reference", references_json(site.reference)}});
    if (site.people > 0) sites.back()["people"] = site.people;
  }
  Json::Array set_aside;
  for (const SetAsideInput& input : report.set_aside) {
    set_aside.emplace_back(
        Json::Object{{"name", input.name}, {"reason", input.reason}, {"broken", input.broken}});
  }
  return Json(Json::Object{{"format", kFormat + std::to_string(report.form)},
                           {"title", report.title},
                           {"method", report.method},
                           {"reference", report.reference},
                           {"command", report.command},
                           {"version", report.version},
                           {"facts", texts_json(report.facts)},
                           {"columns", Json(std::move(columns))},
                           {"scans", Json(std::move(scans))},
                           {"sites", Json(std::move(sites))},
                           {"set_aside", Json(std::move(set_aside))}});
}

RunReport run_report_of(const Json& json, const std::string& name) {
  config::validate(json, config::Schema::RunReport, name, core::ErrorKind::Input);
  RunReport report;
  report.form = form_of(json);
  report.title = json.at("title").as_string();
  report.method = json.at("method").as_string();
  report.reference = json.at("reference").as_string();
  report.command = json.at("command").as_string();
  report.version = json.at("version").as_string();
  report.facts = texts_of(json.at("facts"));
  for (const Json& column : json.at("columns").items()) report.columns.push_back(column_of(column));
  for (const Json& row : json.at("scans").items()) report.rows.push_back(row_of(row));
  for (const Json& site : json.at("sites").items()) {
    SiteFit fit{site.at("site").as_string(), static_cast<int>(site.at("scans").as_integer()),
                static_cast<int>(site.at("reference_scans").as_integer()), values_of(site.at("fitted"))};
    if (const Json* here = site.find("learnt_here"); here != nullptr) fit.learnt_here = here->as_bool();
    if (const Json* sds = site.find("fitted_sd"); sds != nullptr) fit.fitted_sd = values_of(*sds);
    if (const Json* people = site.find("people"); people != nullptr)
      fit.people = static_cast<int>(people->as_integer());
    if (const Json* own = site.find("reference"); own != nullptr) fit.reference = references_of(*own);
    report.sites.push_back(std::move(fit));
  }
  for (const Json& input : json.at("set_aside").items()) {
    report.set_aside.push_back(
        {input.at("name").as_string(), input.at("reason").as_string(), input.at("broken").as_bool()});
  }
  return report;
}

}  // namespace isoscan::report
