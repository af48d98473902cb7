/// @file A manifest by what is looked for in it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "isoscan/config/json.hpp"

#include "port.hpp"

namespace isoscan::pipeline {

struct ManifestStep {
  std::string chain;
  std::string stage;
  std::string unit;
  std::string key;
  std::map<std::string, std::string> outputs;  ///< digest by port
};

class ManifestIndex {
 public:
  /// @param manifest  valid by config::Schema::Manifest
  explicit ManifestIndex(const config::Json& manifest);

  [[nodiscard]] const std::vector<ManifestStep>& steps() const { return steps_; }
  /// Chain and unit of all steps, each once.
  [[nodiscard]] const std::set<std::pair<std::string, std::string>>& units() const { return units_; }
  /// By chain, unit ("" for what the run shares) and port.
  [[nodiscard]] const std::map<std::string, std::map<std::string, std::map<std::string, std::string>>>&
  inputs() const {
    return inputs_;
  }
  /// Null where there is no such step.
  [[nodiscard]] const ManifestStep* step(const std::string& chain, const std::string& stage,
                                         const std::string& unit) const;
  /// Whether a step of this stage and unit, in any chain, made these bytes at the port.
  [[nodiscard]] bool made(const std::string& stage, const std::string& unit, const std::string& port,
                          const std::string& digest) const;
  /// Whether an input with this digest is a source of the unit, or an output of a step of the chain.
  [[nodiscard]] bool explains(const std::string& chain, const std::string& unit, const PortName& port,
                              const std::string& digest) const;

 private:
  std::vector<ManifestStep> steps_;
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> step_of_;
  std::set<std::pair<std::string, std::string>> units_;
  std::set<std::tuple<std::string, std::string, std::string>> made_;  // chain, "stage/port", digest
  std::map<std::string, std::map<std::string, std::map<std::string, std::string>>> inputs_;
};

}  // namespace isoscan::pipeline
