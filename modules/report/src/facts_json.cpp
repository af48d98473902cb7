#include <array>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/report/scan_record.hpp"

#include "json_fields.hpp"

namespace isoscan::report {

using config::Json;

namespace {

constexpr const char* kFormat = "isoscan-scan-report-";

constexpr std::array<const char*, 4> kDirections{"higher", "lower", "near", "neither"};

}  // namespace

const char* name(Direction direction) {
  return kDirections.at(static_cast<std::size_t>(direction));
}

Direction direction_named(const std::string& word) {
  for (std::size_t n = 0; n < kDirections.size(); ++n) {
    if (word == kDirections.at(n)) return static_cast<Direction>(n);
  }
  throw core::Error(core::ErrorKind::Input, "there is no direction \"" + word + "\"");
}

Verdict verdict_named(const std::string& word) {
  for (const Verdict verdict :
       {Verdict::Failed, Verdict::Refused, Verdict::PassedThrough, Verdict::Harmonized}) {
    if (word == name(verdict)) return verdict;
  }
  throw core::Error(core::ErrorKind::Input, "there is no verdict \"" + word + "\"");
}

Json to_json(const Measure& measure) {
  Json json(Json::Object{{"name", measure.name},
                         {"value", optional_json(measure.value)},
                         {"before", optional_json(measure.before)},
                         {"unit", measure.unit},
                         {"direction", name(measure.direction)},
                         {"explanation", measure.explanation},
                         {"not_applicable", measure.not_applicable}});
  if (measure.reference) json["reference"] = range_json(measure.reference);
  if (measure.reference_mean) json["reference_mean"] = *measure.reference_mean;
  if (measure.reference_sd) json["reference_sd"] = *measure.reference_sd;
  if (measure.fitted) json["fitted"] = *measure.fitted;
  if (measure.fitted_sd) json["fitted_sd"] = *measure.fitted_sd;
  if (measure.site) json["site"] = range_json(measure.site);
  if (measure.reference_people > 0) json["reference_people"] = measure.reference_people;
  if (measure.cannot_change) json["cannot_change"] = true;
  return json;
}

Measure measure_of(const Json& json) {
  Measure measure;
  measure.name = json.at("name").as_string();
  measure.value = optional_number(json, "value");
  measure.before = optional_number(json, "before");
  measure.unit = json.at("unit").as_string();
  measure.direction = direction_named(json.at("direction").as_string());
  measure.explanation = json.at("explanation").as_string();
  measure.not_applicable = json.at("not_applicable").as_string();
  measure.reference = optional_range(json, "reference");
  measure.reference_mean = optional_number(json, "reference_mean");
  measure.reference_sd = optional_number(json, "reference_sd");
  measure.fitted = optional_number(json, "fitted");
  measure.fitted_sd = optional_number(json, "fitted_sd");
  measure.site = optional_range(json, "site");
  if (const Json* people = json.find("reference_people"); people != nullptr)
    measure.reference_people = static_cast<int>(people->as_integer());
  if (const Json* kept = json.find("cannot_change"); kept != nullptr) measure.cannot_change = kept->as_bool();
  return measure;
}

Json facts_json(const ScanReport& facts) {
  Json::Array measures;
  for (const Measure& measure : facts.measures) measures.push_back(to_json(measure));
  const Provenance& from = facts.provenance;
  Json json(Json::Object{
      {"format", kFormat + std::to_string(facts.form)},
      {"scan", facts.id},
      {"verdict", name(facts.verdict)},
      {"reason", facts.reason},
      {"warnings", Json::array(facts.warnings)},
      {"measures", Json(std::move(measures))},
      {"methods_text", facts.methods_text},
      {"citations", Json::array(facts.citations)},
      {"index_page", facts.index_page},
      {"provenance", Json(Json::Object{{"pseudonym", from.pseudonym},
                                       {"site", from.site},
                                       {"site_scans", from.site_scans},
                                       {"reference_scans", from.reference_scans},
                                       {"learnt_here", from.learnt_here},
                                       {"input_sha256", from.input_sha256},
                                       {"output_sha256", from.output_sha256},
                                       {"models", texts_json(from.models)},
                                       {"versions", texts_json(from.versions)},
                                       {"method", from.method},
                                       {"options", from.options},
                                       {"seed", from.seed ? Json(*from.seed) : Json()},
                                       {"white_matter_before", optional_json(from.white_matter_before)},
                                       {"white_matter_after", optional_json(from.white_matter_after)},
                                       {"more", texts_json(from.more)}})}});
  if (from.site_people > 0) json["provenance"]["site_people"] = from.site_people;
  return json;
}

ScanReport facts_of(const Json& json, const std::string& name) {
  config::validate(json, config::Schema::ScanReport, name, core::ErrorKind::Input);
  ScanReport facts;
  facts.form = form_of(json);
  facts.id = json.at("scan").as_string();
  facts.verdict = verdict_named(json.at("verdict").as_string());
  facts.reason = json.at("reason").as_string();
  facts.warnings = strings_of(json.at("warnings"));
  for (const Json& measure : json.at("measures").items()) facts.measures.push_back(measure_of(measure));
  facts.methods_text = json.at("methods_text").as_string();
  facts.citations = strings_of(json.at("citations"));
  facts.index_page = json.at("index_page").as_string();
  const Json& from = json.at("provenance");
  facts.provenance.pseudonym = from.at("pseudonym").as_string();
  facts.provenance.site = from.at("site").as_string();
  facts.provenance.site_scans = static_cast<int>(from.at("site_scans").as_integer());
  if (const Json* people = from.find("site_people"); people != nullptr)
    facts.provenance.site_people = static_cast<int>(people->as_integer());
  facts.provenance.reference_scans = static_cast<int>(from.at("reference_scans").as_integer());
  if (const Json* here = from.find("learnt_here"); here != nullptr)
    facts.provenance.learnt_here = here->as_bool();
  facts.provenance.input_sha256 = from.at("input_sha256").as_string();
  facts.provenance.output_sha256 = from.at("output_sha256").as_string();
  facts.provenance.models = texts_of(from.at("models"));
  facts.provenance.versions = texts_of(from.at("versions"));
  facts.provenance.method = from.at("method").as_string();
  facts.provenance.options = from.at("options").as_string();
  if (const Json& seed = from.at("seed"); !seed.is_null())
    facts.provenance.seed = static_cast<std::uint64_t>(seed.as_integer());
  facts.provenance.white_matter_before = optional_number(from, "white_matter_before");
  facts.provenance.white_matter_after = optional_number(from, "white_matter_after");
  facts.provenance.more = texts_of(from.at("more"));
  return facts;
}

}  // namespace isoscan::report
