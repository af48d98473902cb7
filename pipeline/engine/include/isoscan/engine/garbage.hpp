/// @file What a store holds that nobody needs any more.
#pragma once

#include <cstdint>
#include <ctime>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/store.hpp"

namespace isoscan::pipeline {

using NamedResults = std::set<std::pair<std::string, std::string>>;  ///< stage and key

/// Adds the results that a manifest names. @throws Error(Input) where it is none.
void add_named(NamedResults& named, const config::Json& manifest);

struct Garbage {
  std::size_t kept = 0;     ///< results that a manifest names
  std::size_t young = 0;    ///< results that none names, but too young to go: a run may be about to name them
  std::size_t freed = 0;    ///< results, checkpoints and leavings of dead processes that went, or would go
  std::uint64_t bytes = 0;  ///< that those held on disk
  std::vector<std::string> stuck;  ///< what could not be removed, and why
};

/// Removes results that are not named and older than `age_seconds`, and checkpoints of that age. A result is
/// renamed out of sight before it is removed, so that nobody finds half of one.
/// @param dry  count only
[[nodiscard]] Garbage remove_unnamed(const Store& store, const NamedResults& named, std::time_t age_seconds,
                                     bool dry);

/// A run goes on from this result: remove_unnamed takes it for one that was just made.
void keep_young(const Store& store, const std::string& stage, const std::string& key);

}  // namespace isoscan::pipeline
