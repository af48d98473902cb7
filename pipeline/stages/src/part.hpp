/// @file One scan's share of an index page and a manifest, kept in OUT until all jobs of a data set are done.
#pragma once

#include <string>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::stages {

/// parts/<scan>.json. It depends on the
/// scan, its site and the options, and not on which other scans one job worked on.
struct Part {
  std::string scan;
  std::string site;
  std::string command;                        ///< as Collection::command
  config::Json settings;                      ///< as Collection::settings
  std::vector<std::string> warnings;          ///< of the list of scans
  std::vector<config::Json> chains;           ///< manifest_chain of the reference, of_scan of the scans'
  std::vector<pipeline::OutputFile> outputs;  ///< of this scan, its site and the reference
  std::vector<io::SetAside> lost;             ///< as Collection::lost
};

[[nodiscard]] config::Json to_json(const Part& part);
/// @throws Error(Input) where the text is no part of this version.
[[nodiscard]] Part part_of(const config::Json& json);

/// What an entry of the manifest's "chains" says of one scan, its site and the whole cohort.
[[nodiscard]] config::Json of_scan(const config::Json& chain, const std::string& scan,
                                   const std::string& site);

/// One entry of all those that have the name, seed and stages of one run: what they say, each thing once, in
/// the order in which one job would have said it. `conflict` gets the site (or scan) of which two entries say
/// different things: they come from runs over different scans.
[[nodiscard]] std::vector<config::Json> merged(const std::vector<config::Json>& chains,
                                               std::string& conflict);

}  // namespace isoscan::stages
