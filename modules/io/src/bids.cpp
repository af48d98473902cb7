#include "isoscan/io/bids.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <boost/algorithm/string.hpp>
#include <nlohmann/json.hpp>

#include "deidentify.hpp"

namespace isoscan::io {

using nlohmann::json;

namespace {

std::string anat_path(const ScanSource& scan, const std::string& desc, const std::string& extension) {
  std::string path = "sub-" + scan.subject + "/";
  if (!scan.session.empty()) path.append("ses-").append(scan.session).append("/");
  if (scan.suffix == "other")  // no name of BIDS: .bidsignore keeps it out
    return path.append("other/").append(scan.id()).append("_series-").append(scan.series).append(extension);
  path.append("anat/").append(scan.id());
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

std::string converted_path(const ScanSource& scan, const std::string& extension) {
  return anat_path(scan, "", extension);
}

std::string dataset_description(const std::string& name, const std::string& version,
                                const std::map<std::string, std::string>& links) {
  json description{{"Name", name},
                   {"BIDSVersion", "1.8.0"},
                   {"DatasetType", "derivative"},
                   {"GeneratedBy", json::array({{{"Name", "Isoscan"}, {"Version", version}}})}};
  if (!links.empty()) description["DatasetLinks"] = links;
  return description.dump(2) + "\n";
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
