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

constexpr std::array<std::string_view, 18> kKeys{"name",          "contrast",      "gamma",
                                                 "bias",          "psf_sd_voxels", "thick_slices",
                                                 "noise",         "bias_kind",     "slice_gap_voxels",
                                                 "ringing",       "kspace_kept",   "noise_correlation_voxels",
                                                 "ghost",         "ghost_axis",    "ghost_shift",
                                                 "median_radius", "sharpening",    "sharpening_sd_voxels"};

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

/// Through double: a number beyond the int range must reach problem(), not wrap around.
int whole(const Json& value, const std::string& key) {
  const double number_given = number(value, key);
  if (!value.is_number_integer()) refuse("\"" + key + "\" must be a whole number");
  return static_cast<int>(std::clamp(number_given, -1.0, 1e6));
}

std::string text(const Json& value, const std::string& key) {
  if (!value.is_string()) refuse("\"" + key + "\" must be text");
  return value.get<std::string>();
}

/// The keys beyond the plain physics.
void read_further(VirtualScanner& scanner, const std::string& key, const Json& value) {
  if (key == "bias_kind") {
    scanner.bias_kind = bias_kind_named(text(value, key));
  } else if (key == "slice_gap_voxels") {
    scanner.slice_gap_voxels = number(value, key);
  } else if (key == "ringing") {
    scanner.ringing = numbers<3>(value, key);
  } else if (key == "kspace_kept") {
    scanner.kspace_kept = number(value, key);
  } else if (key == "noise_correlation_voxels") {
    scanner.noise_correlation_voxels = number(value, key);
  } else if (key == "ghost") {
    scanner.ghost = number(value, key);
  } else if (key == "ghost_axis") {
    scanner.ghost_axis = whole(value, key);
  } else if (key == "ghost_shift") {
    scanner.ghost_shift = number(value, key);
  } else if (key == "median_radius") {
    scanner.median_radius = whole(value, key);
  } else if (key == "sharpening") {
    scanner.sharpening = number(value, key);
  } else {
    scanner.sharpening_sd_voxels = number(value, key);
  }
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
      scanner.thick_slices = whole(value, key);
    } else if (key == "noise") {
      scanner.noise = number(value, key);
    } else {
      read_further(scanner, key, value);
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
  const VirtualScanner usual;
  const auto add = [&](const char* key, const auto& value, const auto& default_value) {
    if (value != default_value) json[key] = value;
  };
  add("bias_kind", std::string(phantom::name(scanner.bias_kind)),
      std::string(phantom::name(usual.bias_kind)));
  add("slice_gap_voxels", scanner.slice_gap_voxels, usual.slice_gap_voxels);
  add("ringing", scanner.ringing, usual.ringing);
  add("kspace_kept", scanner.kspace_kept, usual.kspace_kept);
  add("noise_correlation_voxels", scanner.noise_correlation_voxels, usual.noise_correlation_voxels);
  add("ghost", scanner.ghost, usual.ghost);
  add("ghost_axis", scanner.ghost_axis, usual.ghost_axis);
  add("ghost_shift", scanner.ghost_shift, usual.ghost_shift);
  add("median_radius", scanner.median_radius, usual.median_radius);
  add("sharpening", scanner.sharpening, usual.sharpening);
  add("sharpening_sd_voxels", scanner.sharpening_sd_voxels, usual.sharpening_sd_voxels);
  // A name that is no UTF-8 must not throw here.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace isoscan::phantom
