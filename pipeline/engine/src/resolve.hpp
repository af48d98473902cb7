/// @file From what the earlier steps made to the inputs and the key of a step.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "isoscan/engine/key.hpp"
#include "isoscan/engine/stage.hpp"
#include "isoscan/engine/store.hpp"

#include "graph.hpp"

namespace isoscan::pipeline {

/// What is known of an earlier step.
struct Outcome {
  bool good = false;
  std::string key;
  const std::map<std::string, OutputRecord>* outputs = nullptr;
};

struct Resolved {
  std::map<std::string, std::vector<InputItem>> inputs;
  KeyParts parts;
  std::vector<std::string> left_out;  ///< units that failed before
  std::string blocked;                ///< why it cannot run at all; empty when it can
};

using Digests = std::map<std::string, std::map<std::string, std::string>>;  ///< by unit and port

class Resolver {
 public:
  Resolver(const Chain& chain, const Cohort& cohort, Store& store, std::uint64_t seed)
      : chain_(chain), cohort_(cohort), store_(store), seed_(seed) {}

  /// @param outcome  of each step that this one needs
  /// @throws Error(Io) where a source cannot be read; Error(Input) where units failed and the stage refuses
  /// that.
  [[nodiscard]] Resolved resolve(const std::vector<GraphStep>& graph, const GraphStep& step,
                                 const std::function<Outcome(std::size_t)>& outcome);

  /// All of the key but the inputs.
  [[nodiscard]] KeyParts parts_without_inputs(const GraphStep& step) const;

  /// @throws Error(Io) where a source of this step is no longer what it was when it was hashed.
  void check_sources(const GraphStep& step);

  /// What was read so far.
  [[nodiscard]] Digests sources() const;

 private:
  InputItem source_item(const GraphPort& port, const Unit* unit);
  InputItem stage_item(const GraphPort& port, const GraphStep& from, const Outcome& outcome) const;
  const Source* source_of(const GraphPort& port, const Unit* unit) const;

  const Chain& chain_;
  const Cohort& cohort_;
  Store& store_;
  std::uint64_t seed_;
  mutable std::mutex mutex_;
  Digests digests_;
};

}  // namespace isoscan::pipeline
