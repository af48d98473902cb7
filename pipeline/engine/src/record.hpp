/// @file record.json as JSON and back.
#pragma once

#include "isoscan/config/json.hpp"
#include "isoscan/engine/store.hpp"

namespace isoscan::pipeline {

[[nodiscard]] config::Json to_json(const Record& record);
/// @throws Error(Config) where a member is missing or of another kind.
[[nodiscard]] Record record_of(const config::Json& json);

}  // namespace isoscan::pipeline
