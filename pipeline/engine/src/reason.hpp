/// @file The sentence that says why a step runs.
#pragma once

#include <optional>
#include <string>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/engine/key.hpp"
#include "isoscan/engine/store.hpp"

namespace isoscan::pipeline {

/// What is kept of a unit's last step, in Store::set_last.
struct Last {
  std::string key;
  KeyParts parts;
  double seconds = 0.0;
  std::string failure;                               ///< empty when it succeeded
  core::ErrorKind kind = core::ErrorKind::Internal;  ///< of the failure
};

[[nodiscard]] config::Json to_json(const Last& last);
/// Nothing where there is none, or none that can be read.
[[nodiscard]] std::optional<Last> last_of(const Store& store, const std::string& stage,
                                          const std::string& unit);

/// Why a step with this key runs, as its lookup found no result.
[[nodiscard]] std::string reason(const Lookup& lookup, const std::optional<Last>& last, const KeyParts& now,
                                 const std::string& key);

}  // namespace isoscan::pipeline
