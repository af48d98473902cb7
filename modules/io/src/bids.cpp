#include "isoscan/io/bids.hpp"

#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>
#include <nlohmann/json.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/version.hpp"

#include "bids_name.hpp"
#include "deidentify.hpp"
#include "device.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kDescriptionFile = "dataset_description.json";
constexpr const char* kUnnamedSource = "urn:isoscan:scans-as-given";
constexpr std::uintmax_t kLargestDescription = 16U << 20;

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "doi:10.x/y" of any way to write a DOI; empty where the text is none.
std::string doi_of(const std::string& text) {
  const std::size_t at = text.find("10.");
  if (at == std::string::npos) return {};
  const std::string doi = text.substr(at);
  const bool plain = boost::all(doi, [](unsigned char c) {
    return c < 128 && (std::isalnum(c) != 0 ||
                       std::string_view("./-_;()").find(static_cast<char>(c)) != std::string_view::npos);
  });
  return plain && doi.find('/') != std::string::npos ? "doi:" + doi : std::string();
}

std::string anat_path(const ScanSource& scan, const std::string& desc, const std::string& extension) {
  std::string path = "sub-" + scan.subject + "/";
  if (!scan.session.empty()) path.append("ses-").append(scan.session).append("/");
  if (scan.suffix == "other")  // no name of BIDS: .bidsignore keeps it out
    return path.append("other/")
        .append(entities_text(scan))
        .append("_series-")
        .append(scan.series)
        .append(extension);
  path.append("anat/").append(entities_text(scan));
  if (!desc.empty()) path.append("_desc-").append(desc);
  return path.append("_").append(scan.suffix).append(extension);
}

/// To 12 digits: what a change of units leaves of a decimal number ("2.93" ms) is that number again
/// (0.00293).
double rounded(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.12g", value);
  return std::strtod(text.data(), nullptr);
}

void put(json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

void put(json& object, const char* key, const std::optional<double>& value, double scale = 1.0) {
  if (value) object[key] = rounded(*value / scale);
}

}  // namespace

std::string harmonized_path(const ScanSource& scan, const std::string& extension) {
  return anat_path(scan, "harmonized", extension);
}

std::string uncertainty_path(const ScanSource& scan, const std::string& extension) {
  ScanSource map = scan;
  map.suffix = "uncertainty";
  return anat_path(map, "harmonized", extension);
}

std::string converted_path(const ScanSource& scan, const std::string& extension) {
  ScanSource raw = scan;
  for (const char* key : {"space", "res"}) {  // BIDS knows these for derivatives only
    const auto found = raw.entities.find(key);
    if (found == raw.entities.end()) continue;
    raw.acq += key + found->second;
    raw.entities.erase(found);
  }
  return anat_path(raw, "", extension);
}

SourceDataset source_dataset(const fs::path& scans) {
  SourceDataset source;
  boost::system::error_code error;
  fs::path at = fs::absolute(scans).lexically_normal();
  if (at.filename() == ".") at = at.parent_path();
  // Up from a part of a data set, and no further: what lies above other folders is none of theirs.
  const auto inside = [&](const fs::path& part) {
    const std::string name = part.filename().string();
    return name == "anat" || boost::starts_with(name, "sub-") || boost::starts_with(name, "ses-");
  };
  while (inside(at)) at = at.parent_path();
  if (fs::is_regular_file(at / kDescriptionFile, error)) {
    source.bids = true;
    try {
      const json said =
          json::parse(core::read_file(at / kDescriptionFile, kLargestDescription), nullptr, false);
      if (!said.is_object()) return source;
      source.doi = doi_of(text_at(said, "DatasetDOI"));
      source.license = clean_text(text_at(said, "License"));
    } catch (const core::Error&) {  // said by whoever needs it
    }
  }
  return source;
}

std::string dataset_description(const std::string& name, DatasetType type, const SourceDataset& source) {
  const std::string address = source.doi.empty() ? kUnnamedSource : source.doi;
  json from = json::object();
  from[source.doi.empty() ? "URL" : "DOI"] = address;
  json description{{"Name", name},
                   {"BIDSVersion", "1.8.0"},
                   {"DatasetType", type == DatasetType::Raw ? "raw" : "derivative"},
                   {"GeneratedBy", json::array({{{"Name", "Isoscan"},
                                                 {"Version", core::version()},
                                                 {"CodeURL", "urn:isoscan:code:" + core::version()}}})},
                   {"SourceDatasets", json::array({from})}};
  if (type == DatasetType::Derivative) description["DatasetLinks"] = {{kSourceLink, address}};
  if (!source.license.empty()) description["License"] = source.license;
  return description.dump(2) + "\n";
}

std::string source_address(const ScanSource& scan) {
  return std::string("bids:") + kSourceLink + ":" +
         (scan.bids_path.empty() ? converted_path(scan) : scan.bids_path);
}

std::string participants_table(const std::map<std::string, std::string>& sites) {
  std::string text = "participant_id\tsite\n";
  for (const auto& [subject, site] : sites) {
    const std::string word = clean_text(site);
    text.append("sub-").append(subject).append("\t").append(word.empty() ? "n/a" : word).append("\n");
  }
  return text;
}

std::string participants_columns() {
  const json columns{
      {"participant_id", {{"Description", "Pseudonym of the person, as in the names of folders"}}},
      {"site",
       {{"Description", "What counts as one scanner: one map to the reference was fitted for each site"}}}};
  return columns.dump(2) + "\n";
}

std::string acquisition_json(const Acquisition& a) {
  json object = json::object();
  put(object, "Modality", a.modality);
  put(object, "Manufacturer", a.manufacturer);
  put(object, "ManufacturersModelName", a.model);
  put(object, "SoftwareVersions", a.software);
  put(object, "StationHash", a.station_hash);
  put(object, "PulseSequenceDetails", a.sequence);
  // A free text may stand among the codes: words that no scanner writes stay behind.
  if (const std::string type = known_image_type(a.image_type); !type.empty()) {
    std::vector<std::string> parts;
    boost::split(parts, type, boost::is_any_of("\\"));
    object["ImageType"] = parts;
  }
  put(object, "MagneticFieldStrength", a.field_strength_t);
  put(object, "RepetitionTime", a.repetition_time_ms, 1000.0);
  put(object, "EchoTime", a.echo_time_ms, 1000.0);
  put(object, "InversionTime", a.inversion_time_ms, 1000.0);
  put(object, "FlipAngle", a.flip_angle_deg);
  put(object, "SliceThickness", a.slice_thickness_mm);
  return object.dump(2);
}

}  // namespace isoscan::io
