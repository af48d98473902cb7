#include "device.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include <boost/algorithm/string.hpp>
#include <nlohmann/json.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "bids_name.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;
using nlohmann::json;

namespace {

constexpr std::uintmax_t kLargestSidecar = 64U << 20;

/// One spelling a maker: devices write themselves in many ways, and sites must not split by spelling.
std::string maker_of(const std::string& manufacturer) {
  const std::string lower = boost::to_lower_copy(manufacturer);
  constexpr std::array<std::array<const char*, 2>, 9> makers{{{"siemens", "SIEMENS"},
                                                              {"philips", "Philips"},
                                                              {"ge med", "GE"},
                                                              {"general electric", "GE"},
                                                              {"canon", "Canon"},
                                                              {"toshiba", "Toshiba"},
                                                              {"united imaging", "UIH"},
                                                              {"hitachi", "Hitachi"},
                                                              {"hyperfine", "Hyperfine"}}};
  for (const auto& [part, label] : makers) {
    if (boost::contains(lower, part)) return label;
  }
  if (lower == "ge" || boost::starts_with(lower, "ge ")) return "GE";
  if (lower == "uih") return "UIH";
  return safe_label(manufacturer);
}

std::string model_of(const std::string& model) {
  constexpr std::size_t kTradeName = 8;  // "MAGNETOM Prisma" and "Prisma" are one device
  const bool trade_name = boost::istarts_with(model, "MAGNETOM") && model.size() > kTradeName;
  return safe_label(trade_name ? model.substr(kTradeName) : model);
}

std::string field_of(double tesla) {
  if (tesla > 100.0) tesla *= 1e-4;  // some devices write gauss
  for (const double nominal : {0.55, 1.0, 1.5, 3.0, 7.0}) {
    if (std::abs(tesla - nominal) <= 0.06 * nominal) tesla = nominal;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3gT", tesla);
  return text.data();
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (found->is_string()) return clean_text(found->get<std::string>());
  if (found->is_array()) {
    std::string joined;
    for (const json& part : *found) {
      if (part.is_string()) joined.append(joined.empty() ? "" : "\\").append(part.get<std::string>());
    }
    return clean_text(joined);
  }
  return {};
}

std::optional<double> number_at(const json& object, const char* key, double scale = 1.0) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>() * scale;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string clean;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && clean.size() < 64) clean += c;
  }
  boost::trim(clean);
  return clean;
}

std::string station_hash(const std::string& station, const std::string& serial) {
  if (station.empty() && serial.empty()) return {};
  return core::sha256(station + '\n' + serial).substr(0, 16);
}

std::string device_label(const Acquisition& a, DeviceTag tag) {
  switch (tag) {
    case DeviceTag::Manufacturer:
      return maker_of(a.manufacturer);
    case DeviceTag::Model:
      return model_of(a.model);
    case DeviceTag::FieldStrength:
      return a.field_strength_t && *a.field_strength_t > 0.0 ? field_of(*a.field_strength_t) : std::string();
    case DeviceTag::StationHash:
      return a.station_hash;
    case DeviceTag::Software:
      return safe_label(a.software);
  }
  return {};
}

std::string site_of_device(const Acquisition& acquisition) {
  return site_of(SiteRule{}, acquisition);
}

Acquisition read_sidecar(const std::vector<fs::path>& files) {
  json object = json::object();
  for (const fs::path& file : files) {
    const json one = json::parse(core::read_file(file, kLargestSidecar), nullptr, false);
    if (!one.is_object()) throw Error(ErrorKind::Input, file.string() + ": is not a JSON object");
    object.update(one);
  }
  Acquisition a;
  a.modality = text_at(object, "Modality");
  a.manufacturer = text_at(object, "Manufacturer");
  a.model = text_at(object, "ManufacturersModelName");
  a.software = text_at(object, "SoftwareVersions");
  a.station_hash = station_hash(text_at(object, "StationName"), text_at(object, "DeviceSerialNumber"));
  for (const char* key : {"ScanningSequence", "SequenceVariant", "SequenceName"}) {
    if (const std::string part = text_at(object, key); !part.empty())
      a.sequence.append(a.sequence.empty() ? "" : "/").append(part);
  }
  // Our own sidecars (acquisition_json) read back as what they were written from.
  if (a.sequence.empty()) a.sequence = text_at(object, "PulseSequenceDetails");
  const std::string hash = text_at(object, "StationHash");
  if (hash.size() == 16 && boost::all(hash, boost::is_xdigit())) a.station_hash = hash;
  a.image_type = text_at(object, "ImageType");
  a.field_strength_t = number_at(object, "MagneticFieldStrength");
  a.repetition_time_ms = number_at(object, "RepetitionTime", 1000.0);
  a.echo_time_ms = number_at(object, "EchoTime", 1000.0);
  a.inversion_time_ms = number_at(object, "InversionTime", 1000.0);
  a.flip_angle_deg = number_at(object, "FlipAngle");
  a.slice_thickness_mm = number_at(object, "SliceThickness");
  return a;
}

}  // namespace isoscan::io
