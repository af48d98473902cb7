/// @file A cohort as JSON: what a run worked on, kept in its work folder so that tasks of a cluster and
/// `verify` find the same files. It names files of this machine: it stays private.
#pragma once

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/unit.hpp"

namespace isoscan::pipeline {

/// Paths become absolute, but for those below the work folder, which may be moved: they are relative to it.
[[nodiscard]] config::Json to_json(const Cohort& cohort, const boost::filesystem::path& work);
/// @throws Error(Config) where a member is missing or of another kind.
[[nodiscard]] Cohort cohort_from(const config::Json& json, const boost::filesystem::path& work);

}  // namespace isoscan::pipeline
