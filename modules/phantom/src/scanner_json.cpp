#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"

namespace isoscan::phantom {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 7> kKeys{"name",          "contrast",     "gamma", "bias",
                                                "psf_sd_voxels", "thick_slices", "noise"};

[[noreturn]] void refuse(const std::string& why) {
  throw core::Error(core::ErrorKind::Config, "virtual scanner: " + why);
}

void refuse_unknown_keys(const Json& object) {
  for (const auto& item : object.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), item.key()) != kKeys.end()) continue;
    std::string known;
    for (const std::string_view k : kKeys) known += (known.empty() ? "" : ", ") + std::string(k);
    refuse("unknown key \"" + item.key() + "\"; known are " + known);
  }
}

double number(const Json& value, const std::string& key) {
  if (!value.is_number()) refuse("\"" + key + "\" must be a number");
  return value.get<double>();
}

template <std::size_t N>
std::array<double, N> numbers(const Json& value, const std::string& key) {
  if (!value.is_array() || value.size() != N)
    refuse("\"" + key + "\" must be " + std::to_string(N) + " numbers");
  std::array<double, N> result{};
  for (std::size_t n = 0; n < N; ++n) result[n] = number(value.at(n), key);
  return result;
}

}  // namespace

VirtualScanner scanner_from_json(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) refuse("this is not JSON");
  if (!json.is_object()) refuse("a JSON object is wanted, such as {\"name\": \"ours\", \"noise\": 0.02}");
  refuse_unknown_keys(json);
  if (!json.contains("name")) refuse("it needs a \"name\"");
  VirtualScanner scanner;
  for (const auto& item : json.items()) {
    const std::string& key = item.key();
    const Json& value = item.value();
    if (key == "name") {
      if (!value.is_string()) refuse("\"name\" must be text");
      scanner.name = value.get<std::string>();
    } else if (key == "contrast") {
      scanner.contrast = numbers<4>(value, key);
    } else if (key == "gamma") {
      scanner.gamma = number(value, key);
    } else if (key == "bias") {
      scanner.bias = number(value, key);
    } else if (key == "psf_sd_voxels") {
      scanner.psf_sd_voxels = numbers<3>(value, key);
    } else if (key == "thick_slices") {
      // Through double: a number beyond the int range must reach problem(), not wrap around.
      const double slices = number(value, key);
      if (!value.is_number_integer()) refuse("\"thick_slices\" must be a whole number");
      scanner.thick_slices = static_cast<int>(std::clamp(slices, -1.0, 1e6));
    } else {
      scanner.noise = number(value, key);
    }
  }
  if (const std::string problem = scanner.problem(); !problem.empty()) refuse(problem);
  return scanner;
}

std::string to_json(const VirtualScanner& scanner) {
  Json json = Json::object();
  json["name"] = scanner.name;
  json["contrast"] = scanner.contrast;
  json["gamma"] = scanner.gamma;
  json["bias"] = scanner.bias;
  json["psf_sd_voxels"] = scanner.psf_sd_voxels;
  json["thick_slices"] = scanner.thick_slices;
  json["noise"] = scanner.noise;
  // A name that is no UTF-8 must not throw here.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace isoscan::phantom
