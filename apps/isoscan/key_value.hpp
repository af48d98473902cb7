/// @file KEY=VALUE on the command line over a JSON file of options.
#pragma once

#include <string>

#include "isoscan/config/json.hpp"

namespace isoscan::app {

/// Sets one key ("bound=0.3", "restore.steps=500"): a value that reads as JSON is that, any other is text.
/// What is set must still be checked against the schema. @throws Error(Config) where the form is another.
void set_value(config::Json& json, const std::string& key_and_value);

}  // namespace isoscan::app
