/// @file Names and forms of the files of OUT/provenance.
#pragma once

#include <string>

#include <boost/filesystem/path.hpp>

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
/// Below OUT/provenance.
inline std::string proof_name(const std::string& chain, const std::string& unit) {
  return file_name_of(chain) + "/" + file_name_of(unit) + ".json";
}

}  // namespace isoscan::pipeline
