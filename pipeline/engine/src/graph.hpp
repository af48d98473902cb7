/// @file The chain times the cohort: every step, and which steps and sources feed it.
#pragma once

#include <string>
#include <vector>

#include "isoscan/engine/stage.hpp"
#include "isoscan/engine/unit.hpp"

#include "port.hpp"

namespace isoscan::pipeline {

struct GraphPort {
  PortName name;
  bool list = false;               ///< one item for each of several units (or sites)
  std::vector<std::size_t> steps;  ///< of a stage: the steps that make the items, in unit order
  std::vector<std::size_t> units;  ///< of sources: the units that bring the items
};

struct GraphStep {
  std::size_t stage = 0;  ///< in the chain
  std::string unit;       ///< scan id, site or kCohortUnit
  std::vector<GraphPort> ports;
  std::vector<std::size_t> needs;  ///< steps that must be settled before, each once
};

/// Steps by stage, then by unit; each comes after those it needs.
/// @throws Error(Config) where chain or cohort have a problem or a unit lacks a source.
[[nodiscard]] std::vector<GraphStep> make_graph(const Chain& chain, const Cohort& cohort);

}  // namespace isoscan::pipeline
