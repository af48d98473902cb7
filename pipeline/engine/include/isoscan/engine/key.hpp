/// @file The key of a result: everything that may change its bytes, and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/config/json.hpp"

namespace isoscan::pipeline {

/// What is hashed. Thread counts, paths, host and time are not here.
struct KeyParts {
  std::string stage;
  int version = 1;
  std::string libraries;
  config::Json options;
  std::optional<std::uint64_t> seed;  ///< nothing for stages that draw no random number
  /// By port: a digest; null for an optional source that is missing; [{"unit", "sha256"}] for a list over
  /// units.
  std::map<std::string, config::Json> inputs;
};

[[nodiscard]] config::Json to_json(const KeyParts& parts);
/// @throws Error(Config) where a member is missing or of another kind.
[[nodiscard]] KeyParts key_parts(const config::Json& json);

/// SHA-256 of the canonical JSON of the parts.
[[nodiscard]] std::string key_of(const KeyParts& parts);

/// What changed from `before` to `now`, in words and in the order that a reader looks for it:
/// "stage version 1 -> 2", "options changed: bound 0.35 -> 0.3", "input bytes changed: source/scan".
/// Empty when nothing did.
[[nodiscard]] std::vector<std::string> differences(const KeyParts& before, const KeyParts& now);

}  // namespace isoscan::pipeline
