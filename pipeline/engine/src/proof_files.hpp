/// @file Names and forms of the files of OUT/provenance.
#pragma once

#include <map>
#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/store.hpp"

namespace isoscan::pipeline {

inline constexpr const char* kProvenanceFormat = "isoscan-provenance-1";
inline constexpr const char* kProofFormat = "isoscan-proof-1";

inline boost::filesystem::path proof_index(const boost::filesystem::path& out) {
  return out / "provenance" / "index.json";
}
inline boost::filesystem::path proof_signature(const boost::filesystem::path& out) {
  return out / "provenance" / "index.json.sig";
}
/// The outputs of OUT in a manifest, by the unit that made them.
inline std::map<std::string, config::Json> outputs_by_unit(const config::Json& manifest) {
  std::map<std::string, config::Json> outputs;
  for (const config::Json& output : manifest.at("outputs").items()) {
    if (const config::Json* unit = output.find("unit")) outputs[unit->as_string()].push_back(output);
  }
  return outputs;
}
/// Below OUT/provenance.
inline std::string proof_name(const std::string& chain, const std::string& unit) {
  return file_name_of(chain) + "/" + file_name_of(unit) + ".json";
}

}  // namespace isoscan::pipeline
