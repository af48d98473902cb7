/// @file The options of a fit as JSON: for the key of a stage and for the settings of a table. The one home
/// of these names.
#pragma once

#include "isoscan/config/json.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/shared_restorer.hpp"

namespace isoscan::harmonize {

/// All but `enot` and `restore`, defaults filled in: what a reference and every method depend on. Another key
/// or number here is another key of a stage, and old results are made again.
[[nodiscard]] config::Json to_json(const FitOptions& options);
[[nodiscard]] config::Json to_json(const EnotOptions& options);
[[nodiscard]] config::Json to_json(const RestoreOptions& options);
[[nodiscard]] config::Json to_json(const SharedOptions& options);
/// What was found of a site's acquisition, each number with its chance SD: for records and people.
[[nodiscard]] config::Json to_json(const domain::Acquisition& acquisition);

}  // namespace isoscan::harmonize
