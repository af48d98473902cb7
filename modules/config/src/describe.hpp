/// @file In words: how a value breaks its schema. valijson judges; this only explains.
#pragma once

#include <string>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"

namespace isoscan::config {

/// The schema with "$ref": "#/..." followed. @throws Error(Internal) where the target is missing.
[[nodiscard]] const Json& resolve(const Json& root, const Json& schema);

/// Everything wrong that the keywords type, enum, const, minimum, maximum, pattern, lengths, required,
/// properties, additionalProperties, items explain. Other keywords (oneOf, if, ...) it passes over.
void describe(const Json& root, const Json& schema, const Json& value, const std::string& pointer,
              std::vector<Problem>& found);

}  // namespace isoscan::config
