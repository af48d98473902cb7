/// @file What a chain works on: units (scans) with their sources, and what the whole run shares.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::pipeline {

/// Files on disk, or a text (such as JSON of what is known about the scan), or both. Its digest covers the
/// bytes of the files in this order and the text, and no name or path.
struct Source {
  std::vector<boost::filesystem::path> files;
  std::string text;
};

/// One scan.
struct Unit {
  std::string id;                         ///< unique, a pseudonym: "sub-01_ses-1"
  std::string site;                       ///< groups units for stages of Scope::Site
  std::map<std::string, Source> sources;  ///< by port: "scan" is read as "source/scan"
  /// The last stage of Scope::Image that this unit takes part in: a scan that only helps to fit a map. Empty:
  /// it goes through the whole chain.
  std::string last_stage{};
};

struct Cohort {
  std::vector<Unit> units;               ///< in the order in which stages over many units see them
  std::map<std::string, Source> shared;  ///< by port: "reference" is read as "shared/reference"

  /// The first thing wrong, in words: an empty or repeated id.
  [[nodiscard]] std::string problem() const;
};

/// The unit name of steps of Scope::Cohort.
inline constexpr const char* kCohortUnit = "cohort";

}  // namespace isoscan::pipeline
