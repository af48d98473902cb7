#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/io/bids.hpp"

#include "study_list.hpp"
#include "study_text.hpp"

namespace isoscan::io {

using nlohmann::json;

namespace {

std::string text(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace);
}

void put(json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

json volume_of(const Candidate& c, const std::string& key) {
  const ScanSource& scan = c.source;
  json facts{{"class", class_of(c.verdict)},
             {"shows", c.verdict.what},
             {"harmonize", c.verdict.contrast == Contrast::T1w && c.verdict.reason.empty()},
             {"site", scan.site},
             {"subject", scan.subject},
             {"kind", scan.kind == SourceKind::Nifti ? "nifti" : "dicom"},
             {"files", scan.files.size()},
             {"bytes", std::max<std::int64_t>(c.bytes, 0)},
             {"acquisition", json::parse(acquisition_json(scan.acquisition))}};
  put(facts, "session", scan.session);
  put(facts, "run", scan.run);
  put(facts, "series", scan.series);
  put(facts, "part", scan.part);
  put(facts, "reason", c.verdict.reason);
  put(facts, "no_volume", c.verdict.no_volume);
  if (c.verdict.broken) facts["broken"] = true;
  if (c.size[0] > 0) {
    facts["size"] = c.size;
    facts["spacing_mm"] = c.spacing_mm;
  }
  json volume = facts;
  volume["facts_sha256"] = core::sha256(facts.dump(-1, ' ', false, json::error_handler_t::replace));
  volume["name"] = volume_name(scan);
  const bool nifti = scan.kind == SourceKind::Nifti;
  volume["input"] = nifti ? c.where : public_input({c.where, "", false}, key).name;
  if (!scan.warnings.empty()) volume["warnings"] = scan.warnings;
  return volume;
}

/// Inputs of one fate under one reason.
json set_aside_of(const Found& found, const std::string& key) {
  std::map<std::pair<std::string, bool>, json> fates;
  for (const SetAside& input : found.set_aside) {
    const SetAside shown = public_input(input, key);
    json& names = fates[{shown.reason, shown.broken}];
    names.push_back(shown.name);
  }
  json list = json::array();
  for (auto& [fate, names] : fates) {
    list.push_back({{"reason", fate.first},
                    {"state", fate.second ? "broken" : "skipped"},
                    {"inputs", std::move(names)}});
  }
  return list;
}

/// The text of a value that stands `blanks` deep. JSON has no newline within a string.
std::string indented(const json& value, const std::string& blanks) {
  std::string all = text(value);
  for (std::size_t at = all.find('\n'); at != std::string::npos; at = all.find('\n', at + 1))
    all.insert(at + 1, blanks);
  return all;
}

/// `value` as a member of the outermost object.
void append(std::string& to, const char* key, const json& value) {
  to.append(",\n  \"").append(key).append("\": ").append(indented(value, "  "));
}

}  // namespace

std::string study_json(const Found& found, const IngestSummary& summary, const std::string& pseudonym_key) {
  // By hand where it may grow large, and so that the format stands first; keys within are sorted.
  std::string whole = "{\n  \"format\": \"" + std::string(kStudyFormat) + "\"";
  append(whole, "isoscan", core::software());
  append(whole, "pseudonyms", pseudonym_key.empty() ? "unsalted" : "keyed");
  std::size_t broken = 0;
  for (const SetAside& input : found.set_aside) broken += input.broken ? 1 : 0;
  append(whole, "counts",
         {{"volumes", summary.classes},
          {"dicom_files", summary.files},
          {"duplicates", summary.duplicates},
          {"skipped_inputs", found.set_aside.size() - broken},
          {"broken_inputs", broken}});
  std::map<std::string, std::map<std::string, int>> sites;
  for (const Candidate& c : found.candidates) sites[c.source.site][class_of(c.verdict)]++;
  append(whole, "sites", sites);
  append(whole, "warnings", found.warnings);
  whole += ",\n  \"volumes\": [";
  bool first = true;
  for (const Candidate& c : found.candidates) {
    whole += first ? "\n    " : ",\n    ";
    whole += indented(volume_of(c, pseudonym_key), "    ");
    first = false;
  }
  whole += "\n  ]";
  append(whole, "set_aside", set_aside_of(found, pseudonym_key));
  return whole + "\n}\n";
}

}  // namespace isoscan::io
