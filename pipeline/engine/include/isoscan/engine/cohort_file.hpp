/// @file A cohort as JSON: what a run worked on, kept in its work folder so that tasks of a cluster and
/// `verify` find the same files. It names files of this machine: it stays private.
#pragma once

#include "isoscan/config/json.hpp"
#include "isoscan/engine/unit.hpp"

namespace isoscan::pipeline {

/// Paths become absolute.
[[nodiscard]] config::Json to_json(const Cohort& cohort);
/// @throws Error(Config) where a member is missing or of another kind.
[[nodiscard]] Cohort cohort_from(const config::Json& json);

}  // namespace isoscan::pipeline
