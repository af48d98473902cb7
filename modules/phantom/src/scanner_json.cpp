#include <initializer_list>
#include <string_view>

#include <nlohmann/json.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"

namespace isoscan::phantom {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 4> kContrastKeys{"csf", "grey", "white", "deep_grey"};

[[noreturn]] void refuse(const std::string& why) {
  throw core::Error(core::ErrorKind::Config, "virtual scanner: " + why);
}

template <class Keys>
void refuse_unknown_keys(const Json& object, const Keys& known, const std::string& place) {
  for (const auto& [key, value] : object.items()) {
    bool found = false;
    std::string list;
    for (const std::string_view k : known) {
      found = found || k == key;
      list += (list.empty() ? "" : ", ") + std::string(k);
    }
    if (!found) refuse("unknown key \"" + place + key + "\"; known are " + list);
  }
}

double number(const Json& value, const std::string& key) {
  if (!value.is_number()) refuse("\"" + key + "\" must be a number");
  return value.get<double>();
}

}  // namespace

VirtualScanner scanner_from_json(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) refuse("this is not JSON");
  if (!json.is_object()) refuse("a JSON object is wanted, such as {\"noise\": 0.02}");
  refuse_unknown_keys(json,
                      std::initializer_list<std::string_view>{"name", "contrast", "gamma", "bias",
                                                              "psf_sd_voxels", "thick_slices", "noise"},
                      "");
  VirtualScanner scanner;
  scanner.name = "custom";
  for (const auto& [key, value] : json.items()) {
    if (key == "name") {
      if (!value.is_string()) refuse("\"name\" must be text");
      scanner.name = value.get<std::string>();
    } else if (key == "contrast") {
      if (!value.is_object()) refuse("\"contrast\" must be an object of csf, grey, white, deep_grey");
      refuse_unknown_keys(value, kContrastKeys, "contrast.");
      for (std::size_t n = 0; n < kContrastKeys.size(); ++n) {
        const char* tissue = kContrastKeys[n];
        if (value.contains(tissue))
          scanner.contrast[n] = number(value.at(tissue), std::string("contrast.") + tissue);
      }
    } else if (key == "psf_sd_voxels") {
      if (!value.is_array() || value.size() != 3) refuse("\"psf_sd_voxels\" must be three numbers");
      for (std::size_t a = 0; a < 3; ++a) scanner.psf_sd_voxels[a] = number(value.at(a), key);
    } else if (key == "thick_slices") {
      if (!value.is_number_integer()) refuse("\"thick_slices\" must be a whole number");
      const auto slices = value.get<std::int64_t>();
      if (slices < 1 || slices > 20) refuse("thick_slices must lie in 1..20");
      scanner.thick_slices = static_cast<int>(slices);
    } else if (key == "gamma") {
      scanner.gamma = number(value, key);
    } else if (key == "bias") {
      scanner.bias = number(value, key);
    } else {
      scanner.noise = number(value, key);
    }
  }
  if (const std::string problem = scanner.problem(); !problem.empty()) refuse(problem);
  return scanner;
}

std::string to_json(const VirtualScanner& scanner) {
  Json contrast = Json::object();
  for (std::size_t n = 0; n < kContrastKeys.size(); ++n) contrast[kContrastKeys[n]] = scanner.contrast[n];
  Json json = Json::object();
  json["name"] = scanner.name;
  json["contrast"] = contrast;
  json["gamma"] = scanner.gamma;
  json["bias"] = scanner.bias;
  json["psf_sd_voxels"] = scanner.psf_sd_voxels;
  json["thick_slices"] = scanner.thick_slices;
  json["noise"] = scanner.noise;
  // A name that is no UTF-8 must not throw here.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace isoscan::phantom
